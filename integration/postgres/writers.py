"""Producers with transactions of their own, and a ledger of what they committed, written in the same transactions."""

import asyncio
import random
from collections import Counter

import psycopg
from psycopg import IsolationLevel

LEVELS = [IsolationLevel.READ_COMMITTED] * 3 + [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE]
# Of what nobody may ever see.
NEVER = 10**9
LONGEST_SECONDS = 0.1
COME_BACK_SECONDS = 0.1
LEDGER = "CREATE TABLE ledger (writer int, channel text, number int, PRIMARY KEY (writer, channel, number))"


def text(writer, number):
    return f"{writer} {number} {'x' * 100}"


class Writer:
    """Numbers its messages on each channel; when the server dies it finds out in the ledger how far it came."""

    def __init__(self, server, channels, number):
        self.server, self.channels, self.number = server, channels, number
        self.random = random.Random(number)
        self.committed = Counter()
        self.transactions = 0
        self.wrong = []

    async def run(self, is_over):
        while not is_over() and not self.wrong:
            try:
                await self.session(is_over)
            except psycopg.OperationalError as error:
                # A deadlock's victim gets such an error too, with a state; a lost connection has none, or one of class 57.
                if error.sqlstate and not error.sqlstate.startswith("57"):
                    self.wrong.append(f"{error.sqlstate} {error}")
                await asyncio.sleep(COME_BACK_SECONDS)
            except psycopg.Error as error:
                self.wrong.append(f"{error.sqlstate} {error}")

    async def session(self, is_over):
        async with await psycopg.AsyncConnection.connect(**self.server.access) as connection:
            found = await connection.execute("SELECT channel, max(number) + 1 FROM ledger WHERE writer = %s GROUP BY 1", (self.number,))
            self.committed = Counter(dict(await found.fetchall()))
            await connection.commit()
            while not is_over():
                await connection.set_isolation_level(self.random.choice(LEVELS))
                await self.transaction(connection)
                self.transactions += 1

    async def transaction(self, connection):
        """Some messages on some channels in any order, some of them rolled back with their savepoint, or all with the transaction."""
        is_rolled_back = self.random.random() < 0.2
        ahead = self.committed.copy()
        for channel in self.random.sample(self.channels, self.random.randint(1, len(self.channels))):
            if self.random.random() < 0.2:
                await self.savepoint(connection, channel)
            number = NEVER if is_rolled_back else ahead[channel]
            await self.publish(connection, channel, number)
            ahead[channel] += 1
            await connection.execute("INSERT INTO ledger VALUES (%s, %s, %s)", (self.number, channel, number))
            if self.random.random() < 0.3:
                await asyncio.sleep(self.random.random() * LONGEST_SECONDS / 3)
        if is_rolled_back:
            await connection.rollback()
        else:
            await connection.commit()
            self.committed = ahead

    async def savepoint(self, connection, channel):
        await connection.execute("SAVEPOINT attempt")
        await self.publish(connection, channel, NEVER)
        await connection.execute("ROLLBACK TO SAVEPOINT attempt")

    async def publish(self, connection, channel, number):
        await connection.execute("SELECT telltale.publish(%s, %s)", (channel, text(self.number, number)))

"""All that can be measured, in the order of the tables."""

from servers.bare import Bare
from servers.channels import Channels, ChannelsPubSub
from servers.flask_socketio import FlaskSocketIO
from servers.nchan import Nchan
from servers.pushpin import Pushpin
from servers.telltale import OnPostgres, OnRedis, Telltale
from servers.uwebsockets import UWebSockets

PEERS = {peer.name: peer for peer in (
    Telltale(), Bare(), UWebSockets(), Nchan(), Pushpin(), FlaskSocketIO(), Channels(), ChannelsPubSub())}
ON_BROKERS = {peer.name: peer for peer in (OnRedis(), OnPostgres())}  # Telltale again, for the scenarios of brokers

// Tasks that end at the very moment that the page begins to follow them.
import {follow} from "/telltale.js";

const SPREAD_MS = 6, PATIENCE_MS = 20_000, AT_ONCE = 4, LAST_LINE = "the last line";
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const chance = () => pause(Math.random() * SPREAD_MS);

async function change(id, fields) {
    const answer = await fetch(`/v1/tasks/${id}`, {method: "PATCH", body: JSON.stringify(fields)});
    if (!answer.ok) throw new Error(`${id}: ${await answer.text()}`);
}

// Whether the end was the first that was told; fails if the end, the result or the last line is missing, or comes twice.
function untilEnd(id, options) {
    return new Promise((resolve, reject) => {
        const lines = [], states = [], ends = [];
        let task;
        const say = why => new Error(`${id}: ${why}; ${JSON.stringify({task, lines, states, ends})}`);
        const finish = () => {
            const isRight = states.at(-1) === "finished" && task.result.answer === 42 && lines.join() === LAST_LINE;
            isRight ? resolve(states[0] === "finished") : reject(say("wrong"));
        };
        const patience = setTimeout(() => { following.close(); reject(say("never told")); }, PATIENCE_MS);
        const following = follow({task: id}, {
            ...options,
            ontask(told) { task = told; states.push(told.state); },
            onmessage(message) { if (message.event === "log") lines.push(message.data); },
            ongap(gap) { reject(say(`gap ${JSON.stringify(gap)}`)); },
            onend(reason) { ends.push(reason); clearTimeout(patience); following.close(); finish(); },
        });
    });
}

async function race(id, options) {
    await change(id, {state: "started"});
    const watching = chance().then(() => untilEnd(id, options));
    const ending = chance().then(() => change(id, {state: "finished", log: LAST_LINE, result: {answer: 42}}));
    return (await Promise.all([watching, ending]))[0];
}

// How often the end was the first that the page was told.
window.raceAll = async (name, count, options) => {
    let number = 0, atOnce = 0;
    const lane = async () => {
        while (number < count) if (await race(`${name}-${number++}`, options)) atOnce++;
    };
    await Promise.all(Array.from({length: AT_ONCE}, lane));
    return atOnce;
};

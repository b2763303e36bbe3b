// Puts the page together: what the server sends goes to the panels, what the user wants to it.

import {matchChildren, setNote, setTone} from './common.js';
import {Connection} from './connection.js';
import {drawJobs} from './dialogs.js';
import {NodePanel} from './node_panel.js';

const panels = new Map();
const connectionState = document.getElementById('connection');
let lastState;

const connection = new Connection({
  onOpen: () => setTone(connectionState, 'good', 'Connected'),
  onLost: (reason) => {
    setTone(connectionState, 'bad', reason || 'Connection lost, trying again');
    if (lastState) draw(lastState, false);
  },
  onState: (state) => draw(state, true),
  onPictures: (pictures) => Promise.all(pictures.map(show)),
});
const ask = (command, values) => connection.ask(command, values);

function draw(state, isConnected) {
  lastState = state;
  document.getElementById('empty').hidden = state.nodes.length > 0;
  setNote(document.getElementById('notice'), state.notice, 'bad');
  matchChildren(document.getElementById('nodes'), state.nodes.map((node) => node.name), (name) => {
    const panel = new NodePanel(name, ask);
    panels.set(name, panel);
    return panel.element;
  });
  for (const node of state.nodes) panels.get(node.name).update(node, state, isConnected);
  drawJobs(state.jobs, state.nodes, ask);
}

async function show(picture) {
  const place = picture.camera.lastIndexOf('/');
  const card = panels.get(picture.camera.slice(0, place))?.cards.get(picture.camera.slice(place + 1));
  // A picture that cannot be drawn must not end the updates.
  try {
    await card?.show(picture);
  } catch {
    // The next one may be whole.
  }
}

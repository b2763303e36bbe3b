// The WebSocket to the server: asks for each update, so that a slow or hidden page asks less.

const RETRY_MS = [500, 1000, 2000, 4000];
const SILENT_MS = 5000;
const REFUSALS = [1008, 1013];

export class Connection {
  constructor({onState, onPictures, onOpen, onLost}) {
    Object.assign(this, {onState, onPictures, onOpen, onLost});
    this.waiting = new Map();
    this.numCalls = 0;
    this.numFailures = 0;
    this.pictures = new Map();
    document.addEventListener('visibilitychange', () => this.next());
    this.open();
  }

  open() {
    const token = new URLSearchParams(location.search).get('token');
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const query = token ? `?token=${encodeURIComponent(token)}` : '';
    this.isAnswered = false;
    this.socket = new WebSocket(`${scheme}://${location.host}/live${query}`);
    this.socket.binaryType = 'arraybuffer';
    this.socket.addEventListener('open', () => this.next());
    this.socket.addEventListener('message', (event) => this.receive(event.data));
    this.socket.addEventListener('close', (event) =>
      this.closed(REFUSALS.includes(event.code) ? event.reason : ''));
  }

  closed(reason) {
    clearTimeout(this.silence);
    for (const {reject} of this.waiting.values()) reject(new Error('the connection was lost'));
    this.waiting.clear();
    this.onLost(reason);
    setTimeout(() => this.open(), RETRY_MS[Math.min(this.numFailures++, RETRY_MS.length - 1)]);
  }

  next() {
    if (document.hidden || this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send('{"type":"next"}');
    clearTimeout(this.silence);
    // A tunnel may die without a word.
    this.silence = setTimeout(() => this.socket.close(), SILENT_MS);
  }

  async receive(data) {
    if (data instanceof ArrayBuffer) {
      const size = new DataView(data).getUint16(0);
      const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 2, size)));
      this.pictures.set(head.camera, {...head, jpeg: new Uint8Array(data, 2 + size)});
      return;
    }
    const message = JSON.parse(data);
    if (message.type === 'reply') {
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.ok) waiting?.resolve(message.text);
      else waiting?.reject(new Error(message.text));
      return;
    }
    clearTimeout(this.silence);
    // Who is refused is connected for a moment, to be told why.
    if (!this.isAnswered) {
      this.isAnswered = true;
      this.numFailures = 0;
      this.onOpen();
    }
    const pictures = [...this.pictures.values()];
    this.pictures.clear();
    // What cannot be drawn must not end the updates.
    try {
      this.onState(message);
      await this.onPictures(pictures);
    } finally {
      this.next();
    }
  }

  ask(command, values) {
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== WebSocket.OPEN) {
        reject(new Error('there is no connection'));
        return;
      }
      const id = ++this.numCalls;
      this.waiting.set(id, {resolve, reject});
      this.socket.send(JSON.stringify({type: 'do', id, command, ...values}));
    });
  }
}

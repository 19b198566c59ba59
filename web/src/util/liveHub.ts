/** One event stream for many that watch: who watches one payment is told of that one. Knows no pages: it works in a worker. */

export type LiveState = "connecting" | "open" | "lost" | "off";

export interface PlatformEvent {
  id: string;
  topic: string;
  paymentId: number;
  occurredAt: string;
  envelope: unknown;
}

/** Whose events somebody wants: a merchant's (without one: everybody's), of one payment or all. */
export interface Wanted {
  merchantId?: string;
  paymentId?: number;
}

/** What somebody who watches is told: how the stream is, or what was committed. */
export type Told = { state: LiveState } | { events: PlatformEvent[] };
export type Tell = (told: Told) => void;

/** The parts of an `EventSource` that are used here. */
export interface Source {
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  readonly readyState: number;
  addEventListener(topic: string, note: (message: MessageEvent<string>) => void): void;
  close(): void;
}

const TOPICS = [
  "payment.authorized",
  "payment.captured",
  "payment.refunded",
  "payment.voided",
  "payment.expired",
  "payment.declined",
];
const CLOSED = 2;
/** Many events a second still cost a page few renders. */
const GATHER_MS = 150;
/** More than anybody can look at. */
const WAITING_MAX = 500;
/** A browser takes up a lost stream by itself, but not one that was refused. */
const REOPEN_MS = 5000;

interface Watcher {
  paymentId?: number;
  tell: Tell;
  waiting: PlatformEvent[];
}

/** An open stream and who is told of it. */
class Stream {
  readonly watchers = new Set<Watcher>();
  private state: LiveState = "connecting";
  private source: Source;
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private reopening: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly begin: () => Source) {
    this.source = this.opened();
  }

  add(watcher: Watcher) {
    this.watchers.add(watcher);
    watcher.tell({ state: this.state });
  }

  close() {
    clearTimeout(this.gathering);
    clearTimeout(this.reopening);
    this.source.close();
  }

  private opened(): Source {
    const source = this.begin();
    source.onopen = () => this.is("open");
    source.onerror = () => {
      this.is("lost");
      if (source.readyState === CLOSED) this.reopenLater();
    };
    for (const topic of TOPICS) source.addEventListener(topic, (message) => this.note(message));
    return source;
  }

  private reopenLater() {
    clearTimeout(this.reopening);
    this.reopening = setTimeout(() => {
      this.source = this.opened();
    }, REOPEN_MS);
  }

  private is(state: LiveState) {
    if (state === this.state) return;
    this.state = state;
    for (const { tell } of this.watchers) tell({ state });
  }

  private note({ data }: MessageEvent<string>) {
    const event = JSON.parse(data) as PlatformEvent;
    for (const { paymentId, waiting } of this.watchers) {
      if (paymentId !== undefined && paymentId !== event.paymentId) continue;
      waiting.push(event);
      if (waiting.length > WAITING_MAX) waiting.shift();
    }
    this.gathering ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  private flush() {
    this.gathering = undefined;
    for (const watcher of this.watchers) {
      if (watcher.waiting.length === 0) continue;
      watcher.tell({ events: watcher.waiting });
      watcher.waiting = [];
    }
  }
}

export class Hub {
  private readonly streams = new Map<string, Stream>();

  constructor(private readonly open: (address: string) => Source) {}

  /** Tells of what is wanted until the function it gives back is called. */
  watch({ merchantId, paymentId }: Wanted, tell: Tell): () => void {
    const address = `/events/stream${merchantId ? `?${new URLSearchParams({ merchantId })}` : ""}`;
    const stream = this.streams.get(address) ?? new Stream(() => this.open(address));
    this.streams.set(address, stream);
    const watcher: Watcher = { paymentId, tell, waiting: [] };
    stream.add(watcher);
    return () => {
      stream.watchers.delete(watcher);
      if (stream.watchers.size > 0 || this.streams.get(address) !== stream) return;
      stream.close();
      this.streams.delete(address);
    };
  }
}

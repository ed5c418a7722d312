import { Controller, type MessageEvent, Sse } from '@nestjs/common';
import { map, Observable, take, timer } from 'rxjs';

const EVENT_INTERVAL_MS = 1000;
const EVENTS_PER_STREAM = 30;

/** A server-sent event stream: one event every second, then the stream ends. */
@Controller('events')
export class EventsController {
  @Sse()
  stream(): Observable<MessageEvent> {
    return timer(0, EVENT_INTERVAL_MS).pipe(
      take(EVENTS_PER_STREAM),
      map((sequence) => ({ data: { sequence, at: new Date().toISOString() } })),
    );
  }
}

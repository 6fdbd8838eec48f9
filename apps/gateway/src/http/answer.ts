import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { map, type Observable } from 'rxjs';

/** An answer with its own status and headers; a plain return value is a 200 with that body. */
export class Answer<T = unknown> {
  constructor(
    readonly status: number,
    readonly body: T,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** 304: the caller has it. */
export class NotModified {
  readonly status = 304;
  constructor(readonly headers: Readonly<Record<string, string>>) {}
}

/** Writes status and headers of an answer through whichever HTTP adapter runs. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  constructor(private readonly host: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((value: unknown) => {
        if (!(value instanceof Answer) && !(value instanceof NotModified)) return value;
        const response: unknown = context.switchToHttp().getResponse();
        const { httpAdapter } = this.host;
        httpAdapter.status(response, value.status);
        for (const [name, text] of Object.entries(value.headers)) httpAdapter.setHeader(response, name, text);
        return value instanceof Answer ? value.body : undefined;
      }),
    );
  }
}

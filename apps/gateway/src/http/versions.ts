import { type Notice, newestVersion, servedVersions, serveVersion, type VersionRefusal } from '@lockstep/delivery';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { CONTEXT, type GatewayContext } from '../app/context';
import { operationId } from '../app/operation-id';
import { ACCESS, type Access } from '../auth/access';
import { type GatewayRequest, header } from './call';
import { ProblemException } from './problem-exception';

/** Names the version of a request and of its answer. */
export const API_VERSION = 'Api-Version';

/** Decides which version of the API serves a request: the one it names, or its key's, or the newest where there is none. Every answer behind it says which. */
@Injectable()
export class VersionGuard implements CanActivate {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  canActivate(context: ExecutionContext): true {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [context.getHandler(), context.getClass()]);
    if (access?.kind === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const { apiCalendar: calendar, clock } = this.context;
    const version = header(request, API_VERSION.toLowerCase()) ?? request.verifiedKey?.apiVersion ?? newestVersion(calendar);
    const operation = operationId(context.getClass().name, context.getHandler().name);
    const served = serveVersion(calendar, { version, operation, now: clock.now() });
    if (!served.ok) throw this.refused(version, served.error);
    request.apiVersion = served.value.version;
    const response: unknown = http.getResponse();
    for (const [name, value] of Object.entries({ [API_VERSION]: served.value.version, ...served.value.headers }))
      this.host.httpAdapter.setHeader(response, name, value);
    return true;
  }

  private refused(version: string, refusal: VersionRefusal): ProblemException {
    const served = servedVersions(this.context.apiCalendar, this.context.clock.now()).map((one) => `\`${one}\``);
    const pointer = `header/${API_VERSION.toLowerCase()}`;
    if (refusal.kind === 'unknown')
      return new ProblemException('version_unknown', {
        detail: `Send ${API_VERSION} with one of ${served.join(', ')}, or leave it out.`,
        errors: [{ pointer, code: 'unknown', detail: served.join(', ') }],
      });
    const since = `Not served since ${endOf(refusal.notice)}`;
    const instead = `what to do instead: ${refusal.notice.guide}`;
    if (refusal.kind === 'operation_over') return new ProblemException('operation_over', { detail: `${since}; ${instead}` });
    const name = JSON.stringify(version);
    return new ProblemException('version_over', {
      detail: `${since}: ${name}. Send ${API_VERSION} with one of ${served.join(', ')}, or make a key for one; ${instead}`,
    });
  }
}

const endOf = ({ sunsetAt }: Notice): string => new Date(sunsetAt ?? 0).toISOString();

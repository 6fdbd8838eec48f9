import { SANDBOX_LIMITS, SANDBOX_TASKS, type SandboxTaskKind, WAKEUP_CHANNELS, wireTime } from '@lockstep/delivery';
import { type EpochMs, must, present } from '@lockstep/kernel';
import type { SandboxRow, ScopedUnit } from '@lockstep/storage';
import { advancedTo, businessTime, frozenAt, resumedAt, type TestClock, testClock, testScopeOf } from '@lockstep/tenancy';
import { z } from 'zod';
import { wake } from '../context';
import { playScenario } from './play-scenario';
import { failed, once, repeatable, TaskStopped } from './task-end';
import { outcomeBody, tradesAtMark } from './trades';
import { beginOnce, type Work } from './work';

/** Requests to the venue between two notes of how far an advance came. */
const STEPS_PER_NOTE = 10;
/** Whoever's network it is, the venue it speaks as. */
const VENUE = 'hyperliquid';

/** Does what a task asks and returns its result; throws `TaskStopped` where it cannot go on. */
export async function carryOut(work: Work, kind: SandboxTaskKind): Promise<unknown> {
  if (kind === 'open') return open(work);
  const sandbox = await openSandbox(work);
  switch (kind) {
    case 'close':
      return close(work, sandbox);
    case 'freeze':
      return turnClock(work, sandbox, true);
    case 'resume':
      return turnClock(work, sandbox, false);
    case 'advance':
      return advance(work, sandbox);
    case 'credit':
      return credit(work, sandbox);
    case 'trade':
      return trade(work, sandbox);
    case 'scenario':
      return scenario(work, sandbox);
  }
}

/** The scope's open sandbox, its world there: one the venue lost is opened again first. */
async function openSandbox(work: Work): Promise<SandboxRow> {
  const sandbox = await work.ctx.storage.scoped(work.scope, (unit) => unit.sandboxes.own());
  if (sandbox === null || sandbox.status !== 'open') throw failed('not_open');
  const look = await work.ctx.worlds.look(sandbox.id);
  if (look.ok) return sandbox;
  if (look.error.error !== 'no_world') throw new TaskStopped({ kind: 'later' });
  return begin(work, sandbox);
}

async function open(work: Work): Promise<unknown> {
  const { ctx, scope } = work;
  const sandbox = present(await ctx.storage.scoped(scope, (unit) => unit.sandboxes.own()), 'the sandbox a task belongs to');
  const look = sandbox.status === 'open' ? await ctx.worlds.look(sandbox.id) : null;
  if (look !== null && !look.ok && look.error.error !== 'no_world') throw new TaskStopped({ kind: 'later' });
  const standing = look?.ok === true ? sandbox : await begin(work, sandbox);
  return { epoch: standing.epoch };
}

/** Begins an epoch of a world: empty books, prices of its seed, and business time that goes on from where it stood, at once from real time where that is later. */
async function begin(work: Work, sandbox: SandboxRow): Promise<SandboxRow> {
  const { ctx, scope } = work;
  const { before, hasRoom } = await ctx.storage.scoped(scope, async (unit) => {
    const room = sandbox.status === 'open' || (await unit.sandboxes.openWorlds()) < ctx.limits.worldsMax;
    if (!room) await unit.sandboxes.update({ id: sandbox.id }, { status: 'closed' });
    return { before: await unit.sandboxes.clock(), hasRoom: room };
  });
  if (!hasRoom) throw failed('no_room');
  const clock = clockOfEpoch(work, sandbox, before);
  const opened = await ctx.worlds.open({ name: sandbox.id, seed: sandbox.seed, genesisTime: businessTime(clock, ctx.clock.now()) });
  if (!opened.ok && opened.error.error !== 'refused') throw new TaskStopped({ kind: 'later' });
  // Refused because it is there: a worker that died behind the opening left it, as empty as one of now.
  const look = await ctx.worlds.look(sandbox.id);
  if (!look.ok) throw look.error.error === 'no_world' ? failed('no_room') : new TaskStopped({ kind: 'later' });
  if (clock.frozen) await repeatable(ctx.worlds.setClock(sandbox.id, { frozen: true }));
  const { time } = await repeatable(ctx.worlds.look(sandbox.id));
  return ctx.storage.scoped(scope, async (unit) => {
    const face = advancedTo(clock, unit.now, time);
    await unit.sandboxes.putNetwork({ venue: VENUE, network: sandbox.network, url: ctx.worlds.urlOf(sandbox.id) }, face);
    const change = { status: 'open', epoch: sandbox.epoch + 1, advancedMs: 0, openedAt: unit.now } as const;
    await unit.sandboxes.update({ id: sandbox.id }, change);
    return { ...sandbox, ...change };
  });
}

/** A world that was closed runs again; one the venue lost goes on as it was. */
function clockOfEpoch({ ctx, scope }: Work, { status }: SandboxRow, before: TestClock | null): TestClock {
  const now = ctx.clock.now();
  const test = testScopeOf(scope);
  must(test !== null, 'only a test environment has a world of its own');
  if (before === null) return testClock(test, { frozen: false, realAt: now, businessAt: now });
  return status === 'open' ? before : advancedTo(resumedAt(before, now), now, now);
}

async function close(work: Work, sandbox: SandboxRow): Promise<unknown> {
  const { ctx, scope } = work;
  const gone = await ctx.worlds.close(sandbox.id);
  if (!gone.ok && gone.error.error !== 'no_world') throw new TaskStopped({ kind: 'later' });
  await ctx.storage.scoped(scope, async (unit) => {
    await unit.sandboxes.closeNetwork(frozenAt(await clockOf(unit), unit.now));
    await unit.sandboxes.update({ id: sandbox.id }, { status: 'closed' });
  });
  return {};
}

const clockOf = async (unit: ScopedUnit): Promise<TestClock> => present(await unit.sandboxes.clock(), 'the clock of an open world');

async function turnClock(work: Work, sandbox: SandboxRow, frozen: boolean): Promise<unknown> {
  const { ctx, scope } = work;
  const { time } = await repeatable(ctx.worlds.setClock(sandbox.id, { frozen }));
  const face = await ctx.storage.scoped(scope, async (unit) => {
    const clock = await clockOf(unit);
    const turned = frozen ? frozenAt(clock, unit.now, time) : resumedAt(clock, unit.now, time);
    await unit.sandboxes.putClock(turned);
    return turned;
  });
  return { business_time: wireTime(face.businessAt) };
}

const advancePlan = z.object({ from: z.number(), to: z.number() });

/** Runs the world to a moment that the first run fixed: whoever goes on with it goes there and no further. */
async function advance(work: Work, sandbox: SandboxRow): Promise<unknown> {
  const { ctx, task } = work;
  const known = advancePlan.safeParse(task.plan);
  const plan = known.success ? known.data : await planAdvance(work);
  const to = Math.ceil(plan.to);
  let { time } = await repeatable(ctx.worlds.look(sandbox.id));
  for (let step = 1; time < to; step += 1) {
    const before = time;
    ({ time } = await repeatable(ctx.worlds.setClock(sandbox.id, { to: Math.min(to, time + ctx.limits.worldStepMs) })));
    // The last block before a moment that no block falls on.
    if (time <= before) break;
    if (step % STEPS_PER_NOTE === 0) await noteAdvance(work, Math.min(time, to));
  }
  await noteAdvance(work, to);
  return { from: wireTime(plan.from), to: wireTime(plan.to) };
}

async function planAdvance({ ctx, scope, task }: Work): Promise<z.output<typeof advancePlan>> {
  const { ms } = SANDBOX_TASKS.advance.parse(task.params);
  return ctx.storage.scoped(scope, async (unit) => {
    const sandbox = present(await unit.sandboxes.own(true), 'the sandbox of a task');
    if (sandbox.advancedMs + ms > SANDBOX_LIMITS.advancedTotalMaxMs) throw failed('beyond_total');
    const from = businessTime(await clockOf(unit), unit.now);
    const plan = { from, to: from + ms };
    must(await unit.sandboxTasks.note(task, { plan }), 'a task that nobody else took over is noted');
    await unit.sandboxes.update({ id: sandbox.id }, { advancedMs: sandbox.advancedMs + ms });
    return plan;
  });
}

/** Business time is as far as the world is. Stops where another worker has taken over. */
async function noteAdvance(work: Work, reached: EpochMs): Promise<void> {
  const { ctx, scope, task, worker } = work;
  const ours = await ctx.storage.scoped(scope, async (unit) => {
    if (!(await unit.sandboxes.keepFor(worker, ctx.limits.worldKeptMs))) return false;
    if (!(await unit.sandboxTasks.note(task, { result: { reached: wireTime(reached) } }))) return false;
    await unit.sandboxes.putClock(advancedTo(await clockOf(unit), unit.now, reached));
    return true;
  });
  if (!ours) throw new TaskStopped({ kind: 'later' });
  await wake(ctx, WAKEUP_CHANNELS.stops, scope);
}

async function credit(work: Work, sandbox: SandboxRow): Promise<unknown> {
  const { credits } = SANDBOX_TASKS.credit.parse(work.task.params);
  await beginOnce(work);
  const credited: unknown[] = [];
  for (const { address, amount, dex } of credits) {
    await once(work.ctx.worlds.credit(sandbox.id, address, amount, dex), 'unknown_dex', () => ({ credited }));
    credited.push({ address, amount, dex });
  }
  return { credited };
}

async function trade(work: Work, sandbox: SandboxRow): Promise<unknown> {
  const { trades } = SANDBOX_TASKS.trade.parse(work.task.params);
  const priced = await tradesAtMark(work.ctx.worlds, sandbox.id, trades);
  await beginOnce(work);
  const outcomes = await once(work.ctx.worlds.trade(sandbox.id, priced), 'trade_refused', () => ({ trades: [] }));
  const made = priced.map((asked, index) => ({ ...asked, ...outcomeBody(outcomes[index]) }));
  if (outcomes.some((outcome) => 'error' in outcome)) throw failed('trade_refused', { trades: made });
  return { trades: made };
}

const scenario = (work: Work, sandbox: SandboxRow): Promise<unknown> => playScenario(work, sandbox, SANDBOX_TASKS.scenario.parse(work.task.params));

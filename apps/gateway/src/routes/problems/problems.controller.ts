import { PROBLEM_CODES, PROBLEMS } from '@lockstep/delivery';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Public } from '../../auth/access';
import { Answers } from '../../http/documented';
import { ProblemException } from '../../http/problem-exception';
import { problemKindSchema } from './problem-body';

class ProblemPath extends createZodDto(z.object({ name: z.string().max(60).describe('The code with hyphens, e.g. `not-found`.') })) {}

/** Where the `type` of a problem leads: what its code means. */
@ApiTags('problems')
@Public()
@Controller('problems')
export class ProblemsController {
  @Get(':name')
  @Answers(200, problemKindSchema)
  get(@Param() path: ProblemPath) {
    const code = PROBLEM_CODES.find((one) => one.replaceAll('_', '-') === path.name);
    if (code === undefined) throw new ProblemException('not_found');
    return { code, ...PROBLEMS[code] };
  }
}

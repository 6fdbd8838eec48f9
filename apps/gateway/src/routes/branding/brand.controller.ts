import { Controller, Get, Inject, Req, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../auth/access';
import type { Brand } from '../../brand/brand';
import { Brands } from '../../brand/brands';
import { Answer } from '../../http/answer';
import { CurrentBrand, type GatewayRequest } from '../../http/call';
import { AnswersPicture } from '../../http/documented';
import { ProblemException } from '../../http/problem-exception';
import { isKnown } from '../../http/tags';

/** What anybody may see of the brand whose host is asked. */
@ApiTags('brand')
@Public()
@Controller('brand')
export class BrandController {
  constructor(@Inject(Brands) private readonly brands: Brands) {}

  @Get('logo')
  @AnswersPicture()
  async logo(@Req() request: GatewayRequest, @CurrentBrand() brand: Brand | null) {
    const bytes = brand === null ? null : await this.brands.logo(brand);
    if (brand?.logo == null || bytes === null) throw new ProblemException('not_found');
    const { type, sha256 } = brand.logo;
    const headers = {
      ETag: `"${sha256}"`,
      'Cache-Control': 'public, max-age=60',
      // It is a picture, and opened by itself it is nothing else.
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Content-Type': type,
      'Content-Disposition': 'inline',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    };
    return isKnown(request, headers.ETag) ? new Answer(304, undefined, headers) : new Answer(200, new StreamableFile(bytes), headers);
  }
}

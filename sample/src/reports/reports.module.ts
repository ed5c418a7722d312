import { Module } from '@nestjs/common';
import { NightlySalesJob } from './nightly-sales.job.js';
import { ReportsController } from './reports.controller.js';
import { ReportsService } from './reports.service.js';

@Module({ controllers: [ReportsController], providers: [ReportsService, NightlySalesJob] })
export class ReportsModule {}

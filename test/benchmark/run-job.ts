// The process of one job: `<name> <context as JSON>`; tells its parent the result.
import 'reflect-metadata';
import type { JobContext } from './job.js';
import { jobs } from './jobs.js';
import { nameSessions } from './server-time.js';

const [name = '', context = '{}'] = process.argv.slice(2);
const job = jobs[name];
if (!job) throw new RangeError(`there is no job ${name}; there are ${Object.keys(jobs).join(', ')}`);
nameSessions();
const sample = await (await job())(JSON.parse(context) as JobContext);
const result = { ...sample, memoryMib: process.resourceUsage().maxRSS / 1_024 };
if (process.send) process.send(result);
else console.log(JSON.stringify(result));

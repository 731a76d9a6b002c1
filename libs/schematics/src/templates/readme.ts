// README of an application: run it, what is where, how to go on.
import type { ApplicationModel } from '../request/application-model.js';

export const readmeFile = ({ name }: ApplicationModel): string => `# ${name}

An event-sourced application on Mainstem: commands append events, and projectors fill read models from them.

\`\`\`sh
npm install
npm test
npm start -- --port 3000
\`\`\`

Place an order, and ask each read store for it:

\`\`\`sh
curl -i localhost:3000/orders/1/place -H 'Content-Type: application/json' -d '{ "customer": "Ada", "product": "white lantern", "total": "12.50" }'
curl localhost:3000/order-list
curl localhost:3000/orders-by-customer
curl 'localhost:3000/order-search?q=lantern'
curl localhost:3000/health/ready
\`\`\`

| folder | holds |
| --- | --- |
| \`src/order\` | one aggregate: events, commands, rules, HTTP |
| \`src\` | the command side, and what all processes share |
| \`apps/sql-projector\`, \`cache-projector\`, \`search-projector\` | the projections of each read store, as processes of their own |
| \`apps/query-api\` | a controller for each projection |
| \`apps/all-in-one\` | everything in one process, for development: \`npm start\` |
| \`test\` | a test from a command to an answer of each store |

## Go on

\`\`\`sh
npx mainstem add aggregate Ticket --events "Opened(subject:string, priority:int), Assigned(agent:string), Closed()"
npx mainstem add projection tickets-by-agent --store sql --events Ticket.Assigned --key agent
npx mainstem status
\`\`\`

Settings come from the environment or as flags: \`npm start -- --help\`. \`.env.example\` names the servers of this
application; without it everything is in the folder \`.mainstem\`.
`;

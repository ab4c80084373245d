// Imports the packages that its arguments name, and prints how long the process has taken until then.
for (const name of process.argv.slice(2)) await import(name);
const millis = process.uptime() * 1_000;
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ millis, cpuMillis: (user + system) / 1_000 }));

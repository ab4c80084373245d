// Like import.mjs, in CommonJS.
for (const name of process.argv.slice(2)) require(name);
const millis = process.uptime() * 1_000;
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ millis, cpuMillis: (user + system) / 1_000 }));

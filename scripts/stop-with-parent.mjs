// Loaded into the application before everything else: asks it to stop, as by SIGTERM, when its parent process has gone.
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}

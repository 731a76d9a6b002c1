// Loaded into the application before anything else: when the process that started it is gone, it is asked to stop as by SIGTERM.
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}

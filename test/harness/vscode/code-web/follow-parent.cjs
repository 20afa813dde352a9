// Preloaded into the VS Code server: ends it when its launcher is gone, however it went.
if (process.send) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

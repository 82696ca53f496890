// Ends a connection with a reset. While bytes or the end of a socket are still under way, Node cannot reset it and loses
// the handle, and a process with a lost handle never exits; such a socket is closed instead.
export function reset(socket) {
  if (socket.writableLength > 0 || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

// What a TCP socket to a server is set to.
#pragma once

namespace specter::io {

// Its port is chosen with the connection, so that ports don't run out by being bound.
void tune_before_connect(int descriptor);
// Datagrams ride in it: nothing is held back, little is kept unsent, and who answers nothing for
// ten seconds is dead.
void tune_connected(int descriptor);

}  // namespace specter::io

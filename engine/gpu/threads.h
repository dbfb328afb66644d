#pragma once

namespace unveil {

// How many threads lavapipe works with: 0, then the queue's own does it all, or a pool. The driver reads
// LP_NUM_THREADS whenever a Device is made, so devices of one program can differ.
int processors();

bool lavapipe_threads_given();  // the user has set LP_NUM_THREADS: then that holds
int lavapipe_threads();         // of the next device

// Of devices made from now on. Not where the user has set it. The first call (prepare_lavapipe's) while the program
// has one thread.
void set_lavapipe_threads(int threads);

}  // namespace unveil

#pragma once

namespace unveil {

// What lavapipe reads from the environment, chosen for the user where the user has not set it. The first call of each
// setter (prepare_lavapipe's) while the program has one thread.

// How many threads it works with: 0, then the queue's own does it all, or a pool. The driver reads LP_NUM_THREADS
// whenever a Device is made, so devices of one program can differ.
int processors();

bool lavapipe_threads_given();           // the user has set LP_NUM_THREADS: then that holds
int lavapipe_threads();                  // of the next device
void set_lavapipe_threads(int threads);  // of devices made from now on

// On how many lanes at once, 8 or 16. The driver reads LP_NATIVE_VECTOR_WIDTH when it is loaded, so that later calls
// do nothing. 16 only where the processor's vectors are that wide and quick: AMD's with AVX-512.
void set_lavapipe_lanes(int lanes);
void lavapipe_is_loaded();  // told when the first Vulkan instance is made

}  // namespace unveil

// Geometry of unfold_time.comp and its gradient: x [ITEMS, LENGTH, CHANNELS], windows u [ITEMS, FRAMES, KERNEL * CHANNELS].
layout(constant_id = 1) const int ITEMS = 1;
layout(constant_id = 2) const int LENGTH = 1;
layout(constant_id = 3) const int CHANNELS = 8;
layout(constant_id = 4) const int X_PITCH = 8;
layout(constant_id = 5) const int FRAMES = 1;
layout(constant_id = 6) const int U_PITCH = 8;
layout(constant_id = 7) const int KERNEL = 1;
layout(constant_id = 8) const int STEP = 1;

layout(constant_id = 9) const bool RELU = false;  // of max(x, 0)

// On lavapipe where the channels fill vectors: whole ones lie side by side in both tensors.
layout(constant_id = 10) const bool WHOLE_VECTORS = false;

// A tile that lies in one row finds it once.
#define ONE_ROW(pitch) (WHOLE_VECTORS && (pitch) % (VECTORS * VECTOR) == 0)

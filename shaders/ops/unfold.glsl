// What unfold.comp and unfold_gradient.comp share.
#include "ops/conv2d_taps.glsl"

layout(constant_id = 1) const int CHANNELS = 1;
layout(constant_id = 2) const int TAPS = 1;  // TAPn: dy in the upper, dx in the lower 16 bits
layout(constant_id = 3) const int STRIDE = 1;
layout(constant_id = 4) const int IMAGES = 1;
// Where the rows of the pictures and of their patches lie (engine/graph/layout.h).
layout(constant_id = 5) const int X_PITCH = 8;
layout(constant_id = 6) const int X_FIRST = 0;
layout(constant_id = 7) const int X_IMAGE_ROWS = 1;
layout(constant_id = 8) const int X_LINE_ROWS = 1;
layout(constant_id = 9) const int X_HEIGHT = 1;
layout(constant_id = 10) const int X_WIDTH = 1;
layout(constant_id = 11) const int U_PITCH = 8;
layout(constant_id = 12) const int U_FIRST = 0;
layout(constant_id = 13) const int U_IMAGE_ROWS = 1;
layout(constant_id = 14) const int U_LINE_ROWS = 1;
layout(constant_id = 15) const int U_HEIGHT = 1;
layout(constant_id = 16) const int U_WIDTH = 1;

#define TAP_DY(tap) ((tap) >> 16)
#define TAP_DX(tap) (((tap) << 16) >> 16)

// Up to 49 taps; what a value means is told where they are used.
layout(constant_id = 20) const int TAP0 = 0;  layout(constant_id = 21) const int TAP1 = 0;  layout(constant_id = 22) const int TAP2 = 0;  layout(constant_id = 23) const int TAP3 = 0;
layout(constant_id = 24) const int TAP4 = 0;  layout(constant_id = 25) const int TAP5 = 0;  layout(constant_id = 26) const int TAP6 = 0;  layout(constant_id = 27) const int TAP7 = 0;
layout(constant_id = 28) const int TAP8 = 0;  layout(constant_id = 29) const int TAP9 = 0;  layout(constant_id = 30) const int TAP10 = 0;  layout(constant_id = 31) const int TAP11 = 0;
layout(constant_id = 32) const int TAP12 = 0;  layout(constant_id = 33) const int TAP13 = 0;  layout(constant_id = 34) const int TAP14 = 0;  layout(constant_id = 35) const int TAP15 = 0;
layout(constant_id = 36) const int TAP16 = 0;  layout(constant_id = 37) const int TAP17 = 0;  layout(constant_id = 38) const int TAP18 = 0;  layout(constant_id = 39) const int TAP19 = 0;
layout(constant_id = 40) const int TAP20 = 0;  layout(constant_id = 41) const int TAP21 = 0;  layout(constant_id = 42) const int TAP22 = 0;  layout(constant_id = 43) const int TAP23 = 0;
layout(constant_id = 44) const int TAP24 = 0;  layout(constant_id = 45) const int TAP25 = 0;  layout(constant_id = 46) const int TAP26 = 0;  layout(constant_id = 47) const int TAP27 = 0;
layout(constant_id = 48) const int TAP28 = 0;  layout(constant_id = 49) const int TAP29 = 0;  layout(constant_id = 50) const int TAP30 = 0;  layout(constant_id = 51) const int TAP31 = 0;
layout(constant_id = 52) const int TAP32 = 0;  layout(constant_id = 53) const int TAP33 = 0;  layout(constant_id = 54) const int TAP34 = 0;  layout(constant_id = 55) const int TAP35 = 0;
layout(constant_id = 56) const int TAP36 = 0;  layout(constant_id = 57) const int TAP37 = 0;  layout(constant_id = 58) const int TAP38 = 0;  layout(constant_id = 59) const int TAP39 = 0;
layout(constant_id = 60) const int TAP40 = 0;  layout(constant_id = 61) const int TAP41 = 0;  layout(constant_id = 62) const int TAP42 = 0;  layout(constant_id = 63) const int TAP43 = 0;
layout(constant_id = 64) const int TAP44 = 0;  layout(constant_id = 65) const int TAP45 = 0;  layout(constant_id = 66) const int TAP46 = 0;  layout(constant_id = 67) const int TAP47 = 0;
layout(constant_id = 68) const int TAP48 = 0;
#define TAP_TABLE const int TAP[49] = int[]( \
  TAP0, TAP1, TAP2, TAP3, TAP4, TAP5, TAP6, TAP7, TAP8, TAP9, TAP10, TAP11, TAP12, TAP13, TAP14, TAP15, TAP16, \
  TAP17, TAP18, TAP19, TAP20, TAP21, TAP22, TAP23, TAP24, TAP25, TAP26, TAP27, TAP28, TAP29, TAP30, TAP31, \
  TAP32, TAP33, TAP34, TAP35, TAP36, TAP37, TAP38, TAP39, TAP40, TAP41, TAP42, TAP43, TAP44, TAP45, TAP46, \
  TAP47, TAP48);

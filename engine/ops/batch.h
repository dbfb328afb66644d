#pragma once
#include <cstdint>

#include "engine/graph/graph.h"
#include "engine/ops/random.h"

namespace unveil {

// Training batches made on the device, so that a recorded step needs no word from the host. Data are external u8
// tensors: packed bytes, less than 4 GiB of them, in a buffer that begins at a multiple of 4 bytes and is as long as
// a multiple of 4. None of these has a gradient. Throws std::logic_error for tensors that do not fit.

// How bytes become numbers.
enum class PixelValues {
  scaled,  // value / 255
  half,    // 1 where value >= 128 (value / 255 > 0.5)
  drawn,   // 1 where (word >> 8)·2^-24 < value / 255, decided in whole numbers: (word >> 8)·255 < value·2^24;
           // the word is that of the result's logical element (RandomStream)
  binary,  // 1 where value is not 0: data that are binary already
};

// Items `indices` (u32 [N]) of data [count, bytes of an item] as floats of `shape` [N, ...], whose elements per item
// are the bytes per item: [N, H, W, C] or [N, H·W·C]. `random` is needed by `drawn` alone.
Tensor gather_pictures(Graph& graph, Tensor data, Tensor indices, const Shape& shape, PixelValues values,
                       const RandomStream& random = {});
// labels u8 [count], indices u32 [N] -> u32 [N].
Tensor gather_labels(Graph& graph, Tensor labels, Tensor indices);

// The numbers of the items of a step's batch, u32 [N]: element i is at position p = step·N + i (64 bit), in epoch
// e = p div items, and its number is shuffled_index(seed, e, p mod items, items). Batches run on across the ends of
// epochs. seed is u32 [2], step u32 with one element. items is at most 2^30.
Tensor batch_indices(Graph& graph, Tensor seed, Tensor step, std::int64_t batch, std::int64_t items);

// A permutation of [0, items) for every seed and epoch, without a table: a Feistel network of 8 rounds, walked along
// its cycle until it is back among the items (Black and Rogaway 2002).
//   h: the least number >= 1 with 2^(2h) >= items. Round keys k[0..3] and k[4..7]: the words of Philox4x32-10 with
//   key (seed's low word, high word) and counters (epoch, 0, 0, 0x73687566) and (epoch, 1, 0, 0x73687566). x = place;
//   do { L = x >> h; R = x mod 2^h; for r in 0..7: (L, R) = (R, L xor (f(R xor k[r]) mod 2^h)); x = L·2^h + R } while
//   (x >= items). f is the finaliser of MurmurHash3: x ^= x >> 16; x *= 0x85ebca6b; x ^= x >> 13; x *= 0xc2b2ae35; x
//   ^= x >> 16.
std::uint32_t shuffled_index(std::uint64_t seed, std::uint32_t epoch, std::uint32_t place, std::uint32_t items);

}  // namespace unveil

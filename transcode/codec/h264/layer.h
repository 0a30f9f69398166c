#ifndef ROOMBRIDGE_H264_LAYER_H
#define ROOMBRIDGE_H264_LAYER_H

#include <stdint.h>

// A thin layer over libavcodec with plain arguments. Functions give 0 or a
// count, and a negative AVERROR when they fail.

void layer_quiet(void);
void layer_strerror(int code, char *buf, int size);

// Encodes one I420 picture as an IDR picture with its parameter sets in front.
// *out is freed with layer_free. Gives its length.
int layer_encode_still(const uint8_t *i420, int width, int height, const char *profile, const char *level, int crf, int quick, int max_nal, uint8_t **out);
void layer_free(uint8_t *p);

#endif

#ifndef ROOMBRIDGE_H264_LAYER_H
#define ROOMBRIDGE_H264_LAYER_H

#include <stdint.h>

// A thin layer over libavcodec with plain arguments. Functions give 0 or a
// count, and a negative AVERROR when they fail.

typedef struct decoder decoder;

void layer_quiet(void);
void layer_strerror(int code, char *buf, int size);

// Encodes one I420 picture as an IDR picture with its parameter sets in front.
// *out is freed with layer_free. Gives its length.
int layer_encode_still(const uint8_t *i420, int width, int height, const char *profile, const char *level, int crf, int max_nal, uint8_t **out);
void layer_free(uint8_t *p);

decoder *layer_decoder_open(int max_pixels);
// Decodes one access unit. Gives how many pictures came out; *bad counts those
// that are damaged, *keys those that decode alone.
int layer_decoder_feed(decoder *d, const uint8_t *data, int size, int *bad, int *keys);
int layer_decoder_size(decoder *d, int *width, int *height);
// Copies the last picture as I420 with even sides.
int layer_decoder_picture(decoder *d, uint8_t *i420, int width, int height);
void layer_decoder_close(decoder *d);

#endif

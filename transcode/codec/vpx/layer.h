#ifndef ROOMBRIDGE_VPX_LAYER_H
#define ROOMBRIDGE_VPX_LAYER_H

#include <stdint.h>

// A thin layer over libvpx's encoders. Functions give 0 and a number of
// libvpx's when they fail.

typedef struct vpx_layer vpx_layer;

typedef struct vpx_settings {
	int vp9, width, height, content, effort;
	unsigned kbits, intra; // kbit/s; the most a keyframe may take, in percent of a mean frame
} vpx_settings;

typedef struct vpx_input {
	int stride_y, stride_c;
	int64_t pts, duration; // 90 kHz
	int key;
} vpx_input;

// A coded frame, valid until the encoder's next call; of size 0 when it was left out.
typedef struct vpx_output {
	const uint8_t *data;
	int size, key;
} vpx_output;

const char *vpx_layer_words(int code);
vpx_layer *vpx_layer_open(const vpx_settings *s, int *code);
int vpx_layer_rate(vpx_layer *e, unsigned kbits, unsigned intra);
int vpx_layer_encode(vpx_layer *e, const uint8_t *y, const uint8_t *u, const uint8_t *v, const vpx_input *in, vpx_output *out);
void vpx_layer_close(vpx_layer *e);

#endif

#ifndef ROOMBRIDGE_AVCODEC_LAYER_H
#define ROOMBRIDGE_AVCODEC_LAYER_H

#include <stddef.h>
#include <stdint.h>

// A thin layer over libavcodec with plain arguments. Functions give 0 or a
// count, and a negative AVERROR when they fail.

enum lav_codec { LAV_H264, LAV_H265, LAV_H263, LAV_H261, LAV_AV1, LAV_VP8, LAV_VP9 };

typedef struct AVFrame frame;
typedef struct decoder decoder;
typedef struct encoder encoder;

// A picture that a decoder has put into a frame.
typedef struct shown {
	uint8_t *planes[3];
	int stride_y, stride_c;
	int width, height;
	int sar_num, sar_den;
	int repaired; // parts of it were guessed
	int shaky;    // it refers to what never came
	int key;      // it was coded without reference to others
} shown;

void lav_quiet(void);
void lav_strerror(int code, char *buf, int size);

frame *lav_frame(void);
void lav_frame_empty(frame *f);
void lav_frame_free(frame *f);

int lav_decodes(enum lav_codec codec);
decoder *lav_decoder_open(enum lav_codec codec, int max_width, int max_height);
// Decodes one frame as it was coded into f. Gives how many pictures came out, the
// last of which is kept; *too_large is set when one was refused for its size.
int lav_decode(decoder *d, const uint8_t *data, int size, frame *f, shown *s, int *too_large);
void lav_decoder_close(decoder *d);

// How libx264 is opened.
typedef struct settings {
	int width, height, fps;
	int64_t bitrate, buffer; // bit/s, bits
	const char *profile, *level, *preset, *params;
} settings;

enum lav_old { LAV_OLD_H263, LAV_OLD_H263P, LAV_OLD_H261 };

typedef struct input {
	int stride_y, stride_c;
	int key;
	int quant; // of H.263 and H.261, 1 to 31
} input;

// A coded frame, valid until the encoder's next call.
typedef struct coded {
	uint8_t *data;
	int size, key;
} coded;

int lav_encodes_h264(void);
encoder *lav_encoder_h264(const settings *s);
void lav_encoder_rate(encoder *e, int64_t bitrate, int64_t buffer);
int lav_encodes_old(enum lav_old codec);
// Opens an encoder of H.263 or H.261. A header stands about every gob bytes where the
// codec can have one; 0 is none.
encoder *lav_encoder_old(enum lav_old codec, int width, int height, int gob);
int lav_encode(encoder *e, const uint8_t *y, const uint8_t *u, const uint8_t *v, const input *in, coded *out);
void lav_encoder_close(encoder *e);

#endif

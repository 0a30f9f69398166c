//go:build cgo && !nocodecs

#include "layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>

void layer_quiet(void) { av_log_set_level(AV_LOG_QUIET); }

void layer_strerror(int code, char *buf, int size) { av_strerror(code, buf, size); }

void layer_free(uint8_t *p) { free(p); }

static AVCodecContext *open_still(int width, int height, const char *profile, const char *level, int crf, int quick, int max_nal)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
	char params[160];

	if (!c)
		return NULL;
	c->width = width;
	c->height = height;
	c->pix_fmt = AV_PIX_FMT_YUV420P;
	c->time_base = (AVRational){1, 25};
	c->framerate = (AVRational){25, 1};
	c->gop_size = 250; // of 1, the SPS would allow no picture that refers to this one
	c->max_b_frames = 0;
	c->thread_count = 1;
	snprintf(params, sizeof params, "threads=1:lookahead-threads=1:ref=1:slice-max-size=%d", max_nal);
	av_opt_set(c->priv_data, "preset", quick ? "veryfast" : "medium", 0);
	av_opt_set(c->priv_data, "tune", "zerolatency", 0);
	av_opt_set(c->priv_data, "profile", profile, 0);
	av_opt_set(c->priv_data, "level", level, 0);
	av_opt_set(c->priv_data, "x264-params", params, 0);
	av_opt_set_int(c->priv_data, "forced-idr", 1, 0);
	av_opt_set_double(c->priv_data, "crf", crf, 0);
	if (avcodec_open2(c, codec, NULL) < 0)
		avcodec_free_context(&c);
	return c;
}

static int encode_one(AVCodecContext *c, AVFrame *f, AVPacket *p)
{
	int bad = avcodec_send_frame(c, f);
	if (!bad)
		bad = avcodec_receive_packet(c, p);
	if (bad == AVERROR(EAGAIN)) { // the encoder wanted to see more: there is no more
		bad = avcodec_send_frame(c, NULL);
		if (!bad)
			bad = avcodec_receive_packet(c, p);
	}
	return bad;
}

int layer_encode_still(const uint8_t *i420, int width, int height, const char *profile, const char *level, int crf, int quick, int max_nal, uint8_t **out)
{
	AVCodecContext *c = open_still(width, height, profile, level, crf, quick, max_nal);
	AVFrame *f = av_frame_alloc();
	AVPacket *p = av_packet_alloc();
	int n = AVERROR(ENOMEM);

	*out = NULL;
	if (!c || !f || !p)
		goto end;
	f->width = width;
	f->height = height;
	f->format = AV_PIX_FMT_YUV420P;
	f->pict_type = AV_PICTURE_TYPE_I;
	n = av_image_fill_arrays(f->data, f->linesize, i420, AV_PIX_FMT_YUV420P, width, height, 1);
	if (n < 0)
		goto end;
	n = encode_one(c, f, p);
	if (n < 0)
		goto end;
	n = AVERROR(ENOMEM);
	*out = malloc(p->size);
	if (*out) {
		memcpy(*out, p->data, p->size);
		n = p->size;
	}
end:
	av_packet_free(&p);
	av_frame_free(&f);
	avcodec_free_context(&c);
	return n;
}

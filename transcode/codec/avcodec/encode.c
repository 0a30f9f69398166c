//go:build cgo && !nocodecs

#include "layer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

struct encoder {
	AVCodecContext *c;
	AVFrame *f;
	AVPacket *p;
	int64_t count;
	int keeps; // the encoder keeps pictures to refer to, so it must have its own
};

static encoder *allocate(const AVCodec *codec, int width, int height, AVRational tick)
{
	encoder *e = codec ? calloc(1, sizeof *e) : NULL;

	if (!e)
		return NULL;
	e->c = avcodec_alloc_context3(codec);
	e->f = av_frame_alloc();
	e->p = av_packet_alloc();
	if (!e->c || !e->f || !e->p) {
		lav_encoder_close(e);
		return NULL;
	}
	e->c->width = width;
	e->c->height = height;
	e->c->pix_fmt = AV_PIX_FMT_YUV420P;
	e->c->time_base = tick;
	e->c->framerate = av_inv_q(tick);
	e->c->max_b_frames = 0;
	e->c->thread_count = 1;
	return e;
}

static encoder *opened(encoder *e, const AVCodec *codec)
{
	if (e && avcodec_open2(e->c, codec, NULL) < 0) {
		lav_encoder_close(e);
		return NULL;
	}
	return e;
}

static const AVCodec *x264(void) { return avcodec_find_encoder_by_name("libx264"); }

int lav_encodes_h264(void) { return x264() != NULL; }

encoder *lav_encoder_h264(const settings *s)
{
	encoder *e = allocate(x264(), s->width, s->height, (AVRational){1, s->fps});

	if (!e)
		return NULL;
	e->c->gop_size = 1 << 30; // keyframes come when they are asked for
	lav_encoder_rate(e, s->bitrate, s->buffer);
	av_opt_set(e->c->priv_data, "preset", s->preset, 0);
	av_opt_set(e->c->priv_data, "tune", "zerolatency", 0);
	av_opt_set(e->c->priv_data, "profile", s->profile, 0);
	av_opt_set(e->c->priv_data, "level", s->level, 0);
	av_opt_set(e->c->priv_data, "x264-params", s->params, 0);
	av_opt_set_int(e->c->priv_data, "forced-idr", 1, 0);
	return opened(e, x264());
}

void lav_encoder_rate(encoder *e, int64_t bitrate, int64_t buffer)
{
	e->c->bit_rate = e->c->rc_max_rate = bitrate;
	e->c->rc_buffer_size = (int)buffer;
}

static const AVCodec *old(enum lav_old codec)
{
	switch (codec) {
	case LAV_OLD_H263: return avcodec_find_encoder_by_name("h263");
	case LAV_OLD_H263P: return avcodec_find_encoder_by_name("h263p");
	case LAV_OLD_H261: return avcodec_find_encoder_by_name("h261");
	}
	return NULL;
}

int lav_encodes_old(enum lav_old codec) { return old(codec) != NULL; }

encoder *lav_encoder_old(enum lav_old codec, int width, int height, int gob)
{
	encoder *e = allocate(old(codec), width, height, (AVRational){1001, 30000}); // H.261 3.1, H.263 5.1.2

	if (!e)
		return NULL;
	e->keeps = 1;
	e->c->gop_size = 600; // keyframes come when they are asked for, which is earlier
	e->c->flags |= AV_CODEC_FLAG_QSCALE;
	e->c->global_quality = 8 * FF_QP2LAMBDA;
	e->c->qmin = 1;
	e->c->qmax = 31;
	av_opt_set_int(e->c->priv_data, "sc_threshold", INT_MAX, 0); // whether the scene changes is found out before
	if (gob)
		av_opt_set_int(e->c->priv_data, "ps", gob, 0);
	return opened(e, old(codec));
}

static void keep(void *opaque, uint8_t *data)
{
	(void)opaque;
	(void)data;
}

// Lends a plane to the encoder.
static int lend(encoder *e, int i, const uint8_t *data, int stride, int rows)
{
	e->f->data[i] = (uint8_t *)data;
	e->f->linesize[i] = stride;
	if (e->keeps)
		return 0; // what has no buffer is copied
	e->f->buf[i] = av_buffer_create((uint8_t *)data, (size_t)stride * rows, keep, NULL, AV_BUFFER_FLAG_READONLY);
	return e->f->buf[i] ? 0 : AVERROR(ENOMEM);
}

int lav_encode(encoder *e, const uint8_t *y, const uint8_t *u, const uint8_t *v, const input *in, coded *out)
{
	AVCodecContext *c = e->c;
	int n;

	memset(out, 0, sizeof *out);
	av_packet_unref(e->p);
	e->f->width = c->width;
	e->f->height = c->height;
	e->f->format = c->pix_fmt;
	e->f->pts = e->count++;
	e->f->pict_type = in->key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	e->f->quality = in->quant * FF_QP2LAMBDA;
	n = lend(e, 0, y, in->stride_y, c->height);
	if (!n)
		n = lend(e, 1, u, in->stride_c, (c->height + 1) / 2);
	if (!n)
		n = lend(e, 2, v, in->stride_c, (c->height + 1) / 2);
	if (!n)
		n = avcodec_send_frame(c, e->f);
	av_frame_unref(e->f);
	if (!n)
		n = avcodec_receive_packet(c, e->p);
	if (n < 0)
		return n;
	out->data = e->p->data;
	out->size = e->p->size;
	out->key = (e->p->flags & AV_PKT_FLAG_KEY) != 0;
	return 0;
}

void lav_encoder_close(encoder *e)
{
	av_packet_free(&e->p);
	av_frame_free(&e->f);
	avcodec_free_context(&e->c);
	free(e);
}

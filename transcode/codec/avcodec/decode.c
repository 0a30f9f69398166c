//go:build cgo && !nocodecs

#include "layer.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>

// Slack for codecs that round a picture's sides up to whole blocks.
#define BLOCK 64

// What libraries tell only their log: that a picture was refused for its size,
// and that something is wrong with a frame. Decoders run on the thread that calls them.
static __thread int refused, complained;

static void listen(void *ctx, int level, const char *fmt, va_list args)
{
	(void)ctx;
	(void)args;
	if (level > AV_LOG_ERROR || !strncmp(fmt, "warning: ", 9))
		return;
	complained = 1;
	if (!strncmp(fmt, "Picture size ", 13) || !strncmp(fmt, "Frame size ", 11))
		refused = 1;
}

void lav_quiet(void) { av_log_set_callback(listen); }

void lav_strerror(int code, char *buf, int size) { av_strerror(code, buf, size); }

frame *lav_frame(void) { return av_frame_alloc(); }
void lav_frame_empty(frame *f) { av_frame_unref(f); }
void lav_frame_free(frame *f) { av_frame_free(&f); }

struct decoder {
	AVCodecContext *c;
	AVPacket *p;
	AVFrame *next;
	struct SwsContext *convert;
	enum lav_codec codec;
	int max_width, max_height;
};

static const AVCodec *decoder_of(enum lav_codec codec)
{
	switch (codec) {
	case LAV_H264: return avcodec_find_decoder_by_name("h264");
	case LAV_H265: return avcodec_find_decoder_by_name("hevc");
	case LAV_H263: return avcodec_find_decoder_by_name("h263");
	case LAV_H261: return avcodec_find_decoder_by_name("h261");
	case LAV_AV1: return avcodec_find_decoder_by_name("libdav1d");
	case LAV_VP8: return avcodec_find_decoder_by_name("vp8");
	case LAV_VP9: return avcodec_find_decoder_by_name("vp9");
	}
	return NULL;
}

int lav_decodes(enum lav_codec codec) { return decoder_of(codec) != NULL; }

static int fits(const decoder *d, int width, int height)
{
	if (width <= d->max_width + BLOCK && height <= d->max_height + BLOCK)
		return 1;
	refused = 1;
	return 0;
}

// Called once the size is known and before tables are made for it.
static enum AVPixelFormat choose_format(AVCodecContext *c, const enum AVPixelFormat *list)
{
	if (!fits(c->opaque, c->coded_width, c->coded_height))
		return AV_PIX_FMT_NONE;
	return avcodec_default_get_format(c, list);
}

static int get_buffer(AVCodecContext *c, AVFrame *f, int flags)
{
	if (!fits(c->opaque, f->width, f->height))
		return AVERROR(EINVAL);
	return avcodec_default_get_buffer2(c, f, flags);
}

decoder *lav_decoder_open(enum lav_codec codec, int max_width, int max_height)
{
	const AVCodec *found = decoder_of(codec);
	decoder *d = found ? calloc(1, sizeof *d) : NULL;

	if (!d)
		return NULL;
	d->codec = codec;
	d->max_width = max_width;
	d->max_height = max_height;
	d->c = avcodec_alloc_context3(found);
	d->p = av_packet_alloc();
	d->next = av_frame_alloc();
	if (!d->c || !d->p || !d->next)
		goto fail;
	d->c->opaque = d;
	d->c->thread_count = 1;
	d->c->max_pixels = (int64_t)max_width * max_height;
	d->c->get_format = choose_format;
	d->c->get_buffer2 = get_buffer;
	d->c->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT; // it says so in the frame
	if (codec == LAV_H264 || codec == LAV_H265 || codec == LAV_AV1)
		d->c->flags |= AV_CODEC_FLAG_LOW_DELAY;
	if (codec == LAV_H261)
		d->c->export_side_data |= AV_CODEC_EXPORT_DATA_MVS;
	if (avcodec_open2(d->c, found, NULL) < 0)
		goto fail;
	return d;
fail:
	lav_decoder_close(d);
	return NULL;
}

void lav_decoder_close(decoder *d)
{
	sws_freeContext(d->convert);
	av_packet_free(&d->p);
	av_frame_free(&d->next);
	avcodec_free_context(&d->c);
	free(d);
}

// Makes 8 bits and 4:2:0 in the usual range of what is not.
static int convert(decoder *d, AVFrame *f)
{
	AVFrame *to;
	int n;

	if (f->format == AV_PIX_FMT_YUV420P && f->color_range != AVCOL_RANGE_JPEG && f->linesize[0] > 0)
		return 0;
	to = av_frame_alloc();
	if (!to)
		return AVERROR(ENOMEM);
	to->format = AV_PIX_FMT_YUV420P;
	to->width = f->width;
	to->height = f->height;
	n = av_frame_get_buffer(to, 0);
	if (n < 0)
		goto end;
	d->convert = sws_getCachedContext(d->convert, f->width, f->height, f->format, f->width, f->height, to->format, SWS_BILINEAR, NULL, NULL, NULL);
	n = AVERROR(ENOMEM);
	if (!d->convert)
		goto end;
	sws_setColorspaceDetails(d->convert, sws_getCoefficients(SWS_CS_DEFAULT), f->color_range == AVCOL_RANGE_JPEG || f->format == AV_PIX_FMT_YUVJ420P,
		sws_getCoefficients(SWS_CS_DEFAULT), 0, 0, 1 << 16, 1 << 16);
	n = sws_scale(d->convert, (const uint8_t *const *)f->data, f->linesize, 0, f->height, to->data, to->linesize);
	if (n < 0)
		goto end;
	to->sample_aspect_ratio = f->sample_aspect_ratio;
	to->decode_error_flags = f->decode_error_flags;
	to->flags = f->flags;
	to->key_frame = f->key_frame;
	av_frame_unref(f);
	av_frame_move_ref(f, to);
	n = 0;
end:
	av_frame_free(&to);
	return n;
}

// H.261 has no types of pictures: one without motion vectors, of which blocks
// that are left out have one too, refers to no other.
static int is_key(const decoder *d, const AVFrame *f)
{
	if (d->codec != LAV_H261)
		return f->key_frame;
	return !av_frame_get_side_data(f, AV_FRAME_DATA_MOTION_VECTORS);
}

// H.261's and H.263's decoders go on after errors and do not always say so in the frame.
static int is_repaired(const decoder *d, const AVFrame *f)
{
	return f->decode_error_flags || (complained && (d->codec == LAV_H261 || d->codec == LAV_H263));
}

static void describe(const decoder *d, const AVFrame *f, shown *s)
{
	for (int i = 0; i < 3; i++)
		s->planes[i] = f->data[i];
	s->stride_y = f->linesize[0];
	s->stride_c = f->linesize[1];
	s->width = f->width;
	s->height = f->height;
	s->sar_num = f->sample_aspect_ratio.num;
	s->sar_den = f->sample_aspect_ratio.den;
	s->repaired = is_repaired(d, f);
	s->shaky = (f->flags & AV_FRAME_FLAG_CORRUPT) != 0;
	s->key = is_key(d, f);
}

// More pictures than this in one frame are none of a camera's.
#define MOST_PICTURES 16

// Takes out all that the decoder has to give, the last picture into f. A part of a frame that
// fails must not leave others inside, for then the decoder takes nothing more.
static int drain(decoder *d, frame *f, int *frames)
{
	int failed = 0;

	for (int i = 0; i < MOST_PICTURES; i++) {
		int n = avcodec_receive_frame(d->c, d->next);

		if (n == AVERROR(EAGAIN) || n == AVERROR_EOF)
			return failed;
		if (n < 0) {
			failed = n;
			continue;
		}
		++*frames;
		av_frame_unref(f);
		av_frame_move_ref(f, d->next);
	}
	avcodec_flush_buffers(d->c);
	return AVERROR_INVALIDDATA;
}

int lav_decode(decoder *d, const uint8_t *data, int size, frame *f, shown *s, int *too_large)
{
	int frames = 0;
	int sent, drained, n;

	refused = complained = 0;
	d->c->has_b_frames = 0; // nothing is held back to be put in order
	d->p->data = (uint8_t *)data;
	d->p->size = size;
	sent = avcodec_send_packet(d->c, d->p); // copies what is not counted
	d->p->data = NULL;
	d->p->size = 0;
	drained = drain(d, f, &frames);
	n = sent < 0 ? sent : drained;
	if (frames && fits(d, f->width, f->height)) {
		int failed = n < 0;

		n = convert(d, f);
		describe(d, f, s);
		s->repaired |= failed;
	}
	*too_large = refused;
	return n < 0 ? n : frames;
}

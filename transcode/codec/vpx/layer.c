//go:build cgo && !nocodecs

#include "layer.h"

#include <stdlib.h>
#include <string.h>

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

struct vpx_layer {
	vpx_codec_ctx_t c;
	vpx_codec_enc_cfg_t cfg;
};

const char *vpx_layer_words(int code) { return vpx_codec_err_to_string((vpx_codec_err_t)code); }

static void configure(vpx_codec_enc_cfg_t *c, const vpx_settings *s)
{
	c->g_w = s->width;
	c->g_h = s->height;
	c->g_threads = 1;
	c->g_timebase.num = 1;
	c->g_timebase.den = 90000;
	c->g_error_resilient = 0; // what is lost is answered with a keyframe
	c->g_pass = VPX_RC_ONE_PASS;
	c->g_lag_in_frames = 0;
	c->rc_end_usage = VPX_CBR;
	c->rc_target_bitrate = s->kbits;
	c->rc_min_quantizer = s->content ? 4 : 2;
	c->rc_max_quantizer = s->vp9 ? 52 : 56;
	c->rc_undershoot_pct = s->vp9 ? 50 : 100;
	c->rc_overshoot_pct = s->vp9 ? 50 : 15;
	c->rc_buf_initial_sz = 500; // ms
	c->rc_buf_optimal_sz = 600;
	c->rc_buf_sz = 1000;
	c->rc_dropframe_thresh = 30;
	c->rc_resize_allowed = 0;
	c->kf_mode = VPX_KF_DISABLED; // keyframes come when they are asked for
}

static int control_vp8(vpx_codec_ctx_t *c, const vpx_settings *s)
{
	int bad = vpx_codec_control(c, VP8E_SET_STATIC_THRESHOLD, s->content ? 100 : 1);

	if (!bad)
		bad = vpx_codec_control(c, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
	if (!bad)
		bad = vpx_codec_control(c, VP8E_SET_SCREEN_CONTENT_MODE, s->content ? 1 : 0);
	return bad;
}

static int control_vp9(vpx_codec_ctx_t *c, const vpx_settings *s)
{
	int bad = vpx_codec_control(c, VP8E_SET_STATIC_THRESHOLD, 1);

	if (!bad)
		bad = vpx_codec_control(c, VP9E_SET_AQ_MODE, s->content ? 0 : 3);
	if (!bad)
		bad = vpx_codec_control(c, VP9E_SET_TILE_COLUMNS, 0);
	if (!bad)
		bad = vpx_codec_control(c, VP9E_SET_FRAME_PARALLEL_DECODING, 0);
	if (!bad)
		bad = vpx_codec_control(c, VP9E_SET_TUNE_CONTENT, s->content ? VP9E_CONTENT_SCREEN : VP9E_CONTENT_DEFAULT);
	return bad;
}

vpx_layer *vpx_layer_open(const vpx_settings *s, int *code)
{
	vpx_codec_iface_t *iface = s->vp9 ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
	vpx_layer *e = calloc(1, sizeof *e);

	*code = VPX_CODEC_MEM_ERROR;
	if (!e)
		return NULL;
	*code = vpx_codec_enc_config_default(iface, &e->cfg, 0);
	if (*code)
		goto fail;
	configure(&e->cfg, s);
	*code = vpx_codec_enc_init(&e->c, iface, &e->cfg, 0);
	if (*code)
		goto fail;
	*code = vpx_codec_control(&e->c, VP8E_SET_CPUUSED, s->effort);
	if (!*code)
		*code = vpx_codec_control(&e->c, VP8E_SET_MAX_INTRA_BITRATE_PCT, s->intra);
	if (!*code)
		*code = s->vp9 ? control_vp9(&e->c, s) : control_vp8(&e->c, s);
	if (!*code)
		return e;
	vpx_codec_destroy(&e->c);
fail:
	free(e);
	return NULL;
}

int vpx_layer_rate(vpx_layer *e, unsigned kbits, unsigned intra)
{
	int bad;

	e->cfg.rc_target_bitrate = kbits;
	bad = vpx_codec_enc_config_set(&e->c, &e->cfg);
	return bad ? bad : vpx_codec_control(&e->c, VP8E_SET_MAX_INTRA_BITRATE_PCT, intra);
}

int vpx_layer_encode(vpx_layer *e, const uint8_t *y, const uint8_t *u, const uint8_t *v, const vpx_input *in, vpx_output *out)
{
	const vpx_codec_cx_pkt_t *p;
	vpx_codec_iter_t iter = NULL;
	vpx_image_t img;
	int bad;

	memset(out, 0, sizeof *out);
	if (!vpx_img_wrap(&img, VPX_IMG_FMT_I420, e->cfg.g_w, e->cfg.g_h, 1, (uint8_t *)y))
		return VPX_CODEC_MEM_ERROR;
	img.planes[VPX_PLANE_U] = (uint8_t *)u;
	img.planes[VPX_PLANE_V] = (uint8_t *)v;
	img.stride[VPX_PLANE_Y] = in->stride_y;
	img.stride[VPX_PLANE_U] = img.stride[VPX_PLANE_V] = in->stride_c;
	bad = vpx_codec_encode(&e->c, &img, in->pts, in->duration, in->key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
	if (bad)
		return bad;
	while ((p = vpx_codec_get_cx_data(&e->c, &iter)))
		if (p->kind == VPX_CODEC_CX_FRAME_PKT) {
			out->data = p->data.frame.buf;
			out->size = (int)p->data.frame.sz;
			out->key = (p->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
		}
	return 0;
}

void vpx_layer_close(vpx_layer *e)
{
	vpx_codec_destroy(&e->c);
	free(e);
}

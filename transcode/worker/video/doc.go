// Package video is the picture side of a media worker. Each input that somebody is
// shown is put in order, assembled and decoded once; its newest good picture stands until
// there is a better one. Each distinct form of output has one encoder, whose frames go to
// all outputs of that form. What comes too late is left out, never queued.
//
// The stages, in the order of a packet's way:
//
//	inbox -> order -> payload.Assembler -> codec.VideoDecoder -> newest
//	  -> (composition, unless a single picture is shown as it is) -> spacing
//	  -> scale -> codec.VideoEncoder -> payload.Packetizer -> outputs
//
// Codecs run on a few threads of low priority, so that they take neither more
// processors than allowed nor the sound's time.
package video

package secure

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

// The model is SRTP written straight down from RFC 3711 and RFC 7714 over the
// standard library. It is checked with the vectors of the RFCs, which give
// session keys, and contexts are checked with the model.

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// modelKDF is RFC 3711 4.3.1 with a key derivation rate of 0.
func modelKDF(key, salt []byte, label byte, n int) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	iv := make([]byte, 16)
	copy(iv, salt)
	iv[7] ^= label
	out := make([]byte, n)
	cipher.NewCTR(block, iv).XORKeyStream(out, out)
	return out
}

// modelCM encrypts as RFC 3711 4.1.1; index is 48 bits.
func modelCM(key, salt []byte, ssrc uint32, index uint64, text []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	var iv [16]byte
	copy(iv[:], salt)
	var x [16]byte
	binary.BigEndian.PutUint32(x[4:], ssrc)
	binary.BigEndian.PutUint64(x[6:], binary.BigEndian.Uint64(x[6:])|index)
	for i := range iv {
		iv[i] ^= x[i]
	}
	out := make([]byte, len(text))
	cipher.NewCTR(block, iv[:]).XORKeyStream(out, text)
	return out
}

// modelGCM seals as RFC 7714 8 and 9; last is the last six bytes of the IV.
func modelGCM(key, salt []byte, ssrc uint32, last uint64, text, aad []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	var iv [14]byte // two more in front, so that 64 bits can be written
	binary.BigEndian.PutUint64(iv[6:], last)
	binary.BigEndian.PutUint32(iv[4:], ssrc)
	nonce := iv[2:]
	for i := range nonce {
		nonce[i] ^= salt[i]
	}
	return aead.Seal(nil, nonce, text, aad)
}

func modelTag(key []byte, n int, parts ...[]byte) []byte {
	h := hmac.New(sha1.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)[:n]
}

// modelSeal protects an RTP packet without CSRCs and extension.
func modelSeal(s media.Suite, key media.Key, pkt []byte, roc uint32) []byte {
	master, salt := key[:s.KeyLen()], key[s.KeyLen():]
	k := modelKDF(master, salt, 0, s.KeyLen())
	ks := modelKDF(master, salt, 2, s.SaltLen())
	index := uint64(roc)<<16 | uint64(rtpSeq(pkt))
	out := bytes.Clone(pkt[:12])
	if s == media.AEADGCM128 || s == media.AEADGCM256 {
		return append(out, modelGCM(k, ks, rtpSSRC(pkt), index, pkt[12:], pkt[:12])...)
	}
	out = append(out, modelCM(k, ks, rtpSSRC(pkt), index, pkt[12:])...)
	n, _ := Overhead(s)
	tag := modelTag(modelKDF(master, salt, 1, 20), n, out, binary.BigEndian.AppendUint32(nil, roc))
	return append(out, tag...)
}

// modelSealRTCP protects a compound RTCP packet.
func modelSealRTCP(s media.Suite, key media.Key, pkt []byte, index uint32) []byte {
	master, salt := key[:s.KeyLen()], key[s.KeyLen():]
	k := modelKDF(master, salt, 3, s.KeyLen())
	ks := modelKDF(master, salt, 5, s.SaltLen())
	out := bytes.Clone(pkt[:8])
	word := binary.BigEndian.AppendUint32(nil, 1<<31|index)
	if s == media.AEADGCM128 || s == media.AEADGCM256 {
		aad := append(bytes.Clone(pkt[:8]), word...)
		out = append(out, modelGCM(k, ks, rtcpSSRC(pkt), uint64(index), pkt[8:], aad)...)
		return append(out, word...)
	}
	out = append(out, modelCM(k, ks, rtcpSSRC(pkt), uint64(index), pkt[8:])...)
	out = append(out, word...)
	return append(out, modelTag(modelKDF(master, salt, 4, 20), 10, out)...)
}

// TestModelCM is RFC 3711 B.2 and B.3.
func TestModelCM(t *testing.T) {
	stream := modelCM(unhex("2B7E151628AED2A6ABF7158809CF4F3C"), unhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), 0, 0, make([]byte, 48))
	if want := unhex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"); !bytes.Equal(stream, want) {
		t.Errorf("keystream %X", stream)
	}
	key, salt := unhex("E1F97A0D3E018BE0D64FA32C06DE4139"), unhex("0EC675AD498AFEEBB6960B3AABE6")
	for label, want := range map[byte]string{
		0: "C61E7A93744F39EE10734AFE3FF7A087",
		1: "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4",
		2: "30CBBC08863D8C85D49DB34A9AE1",
	} {
		if got := modelKDF(key, salt, label, len(want)/2); !bytes.Equal(got, unhex(want)) {
			t.Errorf("label %d: %X, want %s", label, got, want)
		}
	}
}

// TestModelGCM is RFC 7714 16.1.1, 16.2.1 and 17.1.
func TestModelGCM(t *testing.T) {
	salt := unhex("517569642070726f2071756f")
	rtp := unhex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
		69736120 696e2070 61727465 73207472 6573`)
	for key, want := range map[string]string{
		"000102030405060708090a0b0c0d0e0f": `f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
			51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`,
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f": `32b1de78 a822fe12 ef9f78fa 332e33aa
			b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13`,
	} {
		if got := modelGCM(unhex(key), salt, 0x5501a0b2, 0xf17b, rtp[12:], rtp[:12]); !bytes.Equal(got, unhex(want)) {
			t.Errorf("RTP: %x", got)
		}
	}
	rtcp := unhex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
		deadbeef deadbeef deadbeef deadbeef deadbeef`)
	got := modelGCM(unhex("000102030405060708090a0b0c0d0e0f"), salt, 0x4d617273, 0x5d4, rtcp[8:], append(bytes.Clone(rtcp[:8]), unhex("800005d4")...))
	if want := unhex(`63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
		4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade`); !bytes.Equal(got, want) {
		t.Errorf("RTCP: %x", got)
	}
}

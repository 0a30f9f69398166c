package secure

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

// TestDerivation is RFC 3711 B.3.
func TestDerivation(t *testing.T) {
	d, err := newDerivation(media.AESCM80, unhex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"))
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range map[label]string{
		rtpKey:  "C61E7A93744F39EE10734AFE3FF7A087",
		rtpAuth: "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE",
		rtpSalt: "30CBBC08863D8C85D49DB34A9AE1",
	} {
		if got := d.key(l, len(want)/2); !bytes.Equal(got, unhex(want)) {
			t.Errorf("label %d: %X, want %s", l, got, want)
		}
	}
}

// TestDerivationLabels compares all session keys with the model.
func TestDerivationLabels(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		d, err := newDerivation(s, key)
		if err != nil {
			t.Fatal(err)
		}
		for l := range rtcpSalt + 1 {
			for _, n := range []int{12, 14, 16, 20, 32} {
				if got, want := d.key(l, n), modelKDF(key[:s.KeyLen()], key[s.KeyLen():], byte(l), n); !bytes.Equal(got, want) {
					t.Errorf("label %d, %d bytes: %x, want %x", l, n, got, want)
				}
			}
		}
	})
}

// gcmWith makes a transform of the session keys that the RFC gives.
func gcmWith(t *testing.T, key string) *gcm {
	t.Helper()
	g := &gcm{}
	for _, k := range []*gcmKeys{&g.rtp, &g.rtcp} {
		if err := k.set(unhex(key), unhex("517569642070726f2071756f")); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

const (
	vectorKey128 = "000102030405060708090a0b0c0d0e0f"
	vectorKey256 = vectorKey128 + "101112131415161718191a1b1c1d1e1f"
)

// TestGCMVectorsRTP is RFC 7714 16.1 and 16.2.
func TestGCMVectorsRTP(t *testing.T) {
	plain := unhex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
		69736120 696e2070 61727465 73207472 6573`)
	for key, want := range map[string]string{
		vectorKey128: `8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
			0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`,
		vectorKey256: `8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238
			9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13`,
	} {
		g := gcmWith(t, key)
		p := append(bytes.Clone(plain), make([]byte, gcmTag)...)
		if g.seal(p, 12, 0xf17b); !bytes.Equal(p, unhex(want)) {
			t.Errorf("sealed %x", p)
		}
		if !g.open(p, 12, 0xf17b) || !bytes.Equal(p[:len(plain)], plain) {
			t.Errorf("opened %x", p)
		}
	}
}

// TestGCMVectorsRTCP is RFC 7714 17.1 and 17.2, and 17.3 and 17.4 for packets
// that are authenticated only.
func TestGCMVectorsRTCP(t *testing.T) {
	plain := unhex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
		deadbeef deadbeef deadbeef deadbeef deadbeef`)
	clear := string(plain)
	for _, c := range []struct {
		key, head, tail string
		clear           bool
	}{
		{key: vectorKey128, tail: `81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
			c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`},
		{key: vectorKey256, tail: `81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50
			a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4`},
		{key: vectorKey128, head: clear, tail: "841dd968 3dd78ec9 2ae58790 125f62b3 000005d4", clear: true},
		{key: vectorKey256, head: clear, tail: "91db4afb feee5a97 8fab4393 ed2615fe 000005d4", clear: true},
	} {
		g := gcmWith(t, c.key)
		sealed := append([]byte(c.head), unhex(c.tail)...)
		if !c.clear {
			p := append(bytes.Clone(plain), make([]byte, gcmTag+4)...)
			if g.sealRTCP(p, 0x5d4); !bytes.Equal(p, sealed) {
				t.Errorf("sealed %x", p)
			}
		}
		for i := range sealed {
			forged := bytes.Clone(sealed)
			if forged[i] ^= 1; g.openRTCP(forged) {
				t.Errorf("byte %d may be changed", i)
			}
		}
		if !g.openRTCP(sealed) || !bytes.Equal(sealed[:len(plain)], plain) {
			t.Errorf("opened %x", sealed)
		}
	}
}

// TestCMModel compares the counter block and what is authenticated with the
// model, for indexes and SSRCs of all sizes.
func TestCMModel(t *testing.T) {
	key := newKey(t, media.AESCM80)
	d, err := newDerivation(media.AESCM80, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCM(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, roc := range []uint32{0, 1, 0x8000, 0x12345678, 1<<32 - 1} {
		for _, ssrc := range []uint32{0, 1, 0xdeadbeef, 1<<32 - 1} {
			pkt := rtpPacket(ssrc, uint16(roc+ssrc), "some payload that is longer than a block")
			p := append(bytes.Clone(pkt), make([]byte, 10)...)
			c.seal(p, 12, uint64(roc)<<16|uint64(rtpSeq(pkt)))
			if want := modelSeal(media.AESCM80, key, pkt, roc); !bytes.Equal(p, want) {
				t.Errorf("count %#x, SSRC %#x: %x, want %x", roc, ssrc, p, want)
			}
			report := rtcpPacket(ssrc, "some report that is longer than a block")
			p = append(bytes.Clone(report), make([]byte, 14)...)
			index := roc &^ encrypted
			c.sealRTCP(p, index)
			if want := modelSealRTCP(media.AESCM80, key, report, index); !bytes.Equal(p, want) || binary.BigEndian.Uint32(p[len(report):]) != index|encrypted {
				t.Errorf("index %#x, SSRC %#x: %x, want %x", index, ssrc, p, want)
			}
		}
	}
}

package rtc

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
)

// The sample request of RFC 5769 2.1.
const sampleRequest = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74" +
	"002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020" +
	"000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"

const samplePassword = "VOkJxbRl1RmTxUk/WvJxBt"

func sample(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(sampleRequest)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSampleRequest(t *testing.T) {
	m, err := parse(sample(t), samplePassword, "")
	if err != nil || m.kind != bindingRequest || m.username != "evtj:h6vY" {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, err := parse(sample(t), "another", ""); err == nil {
		t.Error("a wrong password verifies")
	}
	for i := range sample(t) {
		if _, err := parse(sample(t)[:i], samplePassword, ""); err == nil {
			t.Errorf("the first %d bytes are a message", i)
		}
	}
}

// The sample response of RFC 5769 2.2 has an integrity of its own software name;
// ours is compared in what the RFC fixes: the mapped address.
func TestResponse(t *testing.T) {
	m, _ := parse(sample(t), samplePassword, "")
	b := response(m.id, netip.MustParseAddrPort("192.0.2.1:32853"), "pw")
	if got := hex.EncodeToString(b); !strings.Contains(got, "002000080001a147e112a643") {
		t.Errorf("the response %s does not map 192.0.2.1:32853", got)
	}
	r, err := parse(b, "", "pw")
	if err != nil || r.kind != bindingResponse || r.id != m.id {
		t.Errorf("%+v, %v", r, err)
	}
	b = response(m.id, netip.MustParseAddrPort("[2001:db8:1234:5678:11:2233:4455:6677]:32853"), "pw")
	if got := hex.EncodeToString(b); !strings.Contains(got, "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9") {
		t.Errorf("the response %s does not map the IPv6 address", got)
	}
}

func TestRequest(t *testing.T) {
	b := request([12]byte{1, 2, 3}, "far:near", "pw", 7)
	m, err := parse(b, "pw", "")
	if err != nil || m.username != "far:near" || m.id != [12]byte{1, 2, 3} {
		t.Errorf("%+v, %v", m, err)
	}
	for i := range b[:len(b)-8] { // the fingerprint is not verified, integrity is what counts
		c := append([]byte(nil), b...)
		c[i] ^= 0x10
		if _, err := parse(c, "pw", "pw"); err == nil {
			t.Errorf("a change of byte %d goes unnoticed", i)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f))
	f.Add(request([12]byte{}, "a:b", "pw", 1))
	f.Add(begin(bindingError, [12]byte{}))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = parse(b, samplePassword, "pw")
	})
}

package payload

// carrier holds the payloads of one frame. The next frame's take their place.
type carrier struct {
	buf []byte
	out [][]byte
}

// begin forgets what there was and takes memory for a frame of so many bytes,
// headers of its payloads included.
func (c *carrier) begin(size int) {
	if cap(c.buf) < size {
		c.buf = make([]byte, 0, size+size/2)
	}
	c.buf, c.out = c.buf[:0], c.out[:0]
}

// put adds a payload made of a header and a part of the frame.
func (c *carrier) put(body []byte, header ...byte) {
	at := len(c.buf)
	c.buf = append(c.buf, header...)
	c.buf = append(c.buf, body...)
	c.out = append(c.out, c.buf[at:len(c.buf):len(c.buf)])
}

// parts is into how many pieces n bytes are cut when room fit one.
func parts(n, room int) int { return (n + room - 1) / room }

// part gives piece i of count of about equal size.
func part(b []byte, i, count int) []byte {
	return b[i*len(b)/count : (i+1)*len(b)/count]
}

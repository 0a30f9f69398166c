package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/roombridge/roombridge/h323/inspect"
)

type decodeCmd struct {
	Kind   string   `arg:"" enum:"h225,h245,ras" help:"What the message is: h225 (call signalling), h245 or ras."`
	Hex    []string `arg:"" optional:"" help:"The message in hexadecimal, as captures print it. Default: standard input."`
	Encode bool     `help:"Print the message encoded again, in hexadecimal, instead of JSON."`

	in  io.Reader // standard input and output, seams for tests
	out io.Writer
}

// maxHex bounds what is read from standard input; a message has at most 64 kB.
const maxHex = 1 << 20

// Run prints the message. What could be read of a broken one is printed as well.
func (c *decodeCmd) Run() error {
	if c.in == nil {
		c.in, c.out = os.Stdin, os.Stdout
	}
	b, err := c.octets()
	if err != nil {
		return err
	}
	list, err := inspect.Decode(inspect.Kind(c.Kind), b)
	if c.Encode {
		if err != nil {
			return err
		}
		return c.encode(list)
	}
	for _, m := range list {
		enc := json.NewEncoder(c.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m); err != nil {
			return err
		}
	}
	return err
}

func (c *decodeCmd) octets() ([]byte, error) {
	text := strings.Join(c.Hex, " ")
	if text == "" || text == "-" {
		b, err := io.ReadAll(io.LimitReader(c.in, maxHex+1))
		if err != nil {
			return nil, err
		}
		if len(b) > maxHex {
			return nil, fmt.Errorf("more than %d characters are no message", maxHex)
		}
		text = string(b)
	}
	return inspect.ParseHex(text)
}

func (c *decodeCmd) encode(list []*inspect.Message) error {
	for _, m := range list {
		b, err := m.Encode()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(c.out, "%x\n", b); err != nil {
			return err
		}
	}
	return nil
}

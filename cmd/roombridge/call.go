package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/roombridge/roombridge/web"
)

type callCmd struct {
	List   callListCmd   `cmd:"" help:"List running calls."`
	Hangup callHangupCmd `cmd:"" help:"Hang up calls."`
}

type callListCmd struct{ remote }

// Run lists calls.
func (c *callListCmd) Run(ctx context.Context) error {
	var calls []web.Call
	answer, err := c.get(ctx, "/calls", url.Values{}, &calls)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.print(answer)
	}
	rows := [][]string{{"ID", "PROTOCOL", "DIRECTION", "STATE", "NUMBER", "ROOM", "NAME", "DEVICE", "VIDEO IN", "VIDEO OUT", "SINCE"}}
	for _, s := range calls {
		rows = append(rows, []string{
			s.ID, s.Protocol, s.Direction, s.State, s.Number, s.Room, s.Name, s.Device, flowText(s.Video.In), flowText(s.Video.Out), clock(s.Since),
		})
	}
	return c.table(rows)
}

// flowText is a direction of a stream in short.
func flowText(f web.Flow) string {
	if f.Codec == "" {
		return ""
	}
	return fmt.Sprintf("%s %dx%d %s", f.Codec, f.Width, f.Height, f.Path)
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

type callHangupCmd struct {
	remote
	ID []string `arg:"" help:"The calls' ids, as call list prints them."`
}

// Run hangs up.
func (c *callHangupCmd) Run(ctx context.Context) error {
	for _, id := range c.ID {
		if _, err := c.do(ctx, http.MethodDelete, "/calls/"+url.PathEscape(id), url.Values{}, "", nil); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

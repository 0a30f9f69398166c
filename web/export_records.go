package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
)

// recordColumns are what an export of records has, one row a call.
var recordColumns = []struct {
	name string
	of   func(*admin.CallRecord, *Streams) string
}{
	{"id", func(r *admin.CallRecord, _ *Streams) string { return r.ID }},
	{"began", func(r *admin.CallRecord, _ *Streams) string { return stamp(r.Began) }},
	{"connected", func(r *admin.CallRecord, _ *Streams) string { return stamp(r.Connected) }},
	{"ended", func(r *admin.CallRecord, _ *Streams) string { return stamp(r.Ended) }},
	{"seconds", func(r *admin.CallRecord, _ *Streams) string { return talked(r) }},
	{"protocol", func(r *admin.CallRecord, _ *Streams) string { return r.Protocol }},
	{"direction", func(r *admin.CallRecord, _ *Streams) string { return r.Direction }},
	{"number", func(r *admin.CallRecord, _ *Streams) string { return r.Number }},
	{"rule", func(r *admin.CallRecord, _ *Streams) string { return r.Rule }},
	{"room", func(r *admin.CallRecord, _ *Streams) string { return r.Room }},
	{"name", func(r *admin.CallRecord, _ *Streams) string { return r.Name }},
	{"alias", func(r *admin.CallRecord, _ *Streams) string { return r.Alias }},
	{"device", func(r *admin.CallRecord, _ *Streams) string { return r.Device }},
	{"remote", func(r *admin.CallRecord, _ *Streams) string { return r.Remote }},
	{"cause", func(r *admin.CallRecord, _ *Streams) string { return r.Cause }},
	{"reason", func(r *admin.CallRecord, _ *Streams) string { return r.Reason }},
	{"audio_in", func(_ *admin.CallRecord, s *Streams) string { return told(s.Audio.In) }},
	{"audio_out", func(_ *admin.CallRecord, s *Streams) string { return told(s.Audio.Out) }},
	{"video_in", func(_ *admin.CallRecord, s *Streams) string { return told(s.Video.In) }},
	{"video_out", func(_ *admin.CallRecord, s *Streams) string { return told(s.Video.Out) }},
	{"content_in", func(_ *admin.CallRecord, s *Streams) string { return told(s.Content.In) }},
	{"content_out", func(_ *admin.CallRecord, s *Streams) string { return told(s.Content.Out) }},
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// talked is how long a call was up, seconds.
func talked(r *admin.CallRecord) string {
	if r.Connected.IsZero() || r.Ended.Before(r.Connected) {
		return "0"
	}
	return strconv.FormatInt(int64(r.Ended.Sub(r.Connected).Seconds()), 10)
}

// told is a direction of a stream in a cell: "relay H264 1280x720, 2.0 % of 5000 packets lost".
func told(f Flow) string {
	if f.Path == "" || f.Path == string(bridge.PathNone) {
		return ""
	}
	text := f.Path + " " + f.Codec
	if f.Width > 0 {
		text += fmt.Sprintf(" %dx%d", f.Width, f.Height)
	}
	if all := f.Packets + f.Lost; all > 0 {
		text += fmt.Sprintf(", %.1f %% of %d packets lost", 100*float64(f.Lost)/float64(all), all)
	}
	return text
}

// cell keeps spreadsheets from taking a text for a formula, as exports of numbers do.
func cell(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r'", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// exportRecords writes the records of a period as CSV, page by page, as far as the database has them.
func (s *Server) exportRecords(ctx context.Context, in *spanQuery) (*huma.StreamResponse, error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	q := admin.Happening{Search: in.Search, From: in.From, To: in.To, Limit: exportPage}
	first, err := d.Records(ctx, q) // what is wrong is told before the file begins
	if err != nil {
		return nil, s.failure(err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, w := humago.Unwrap(ctx)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="calls.csv"`)
		if err := writeRecords(ctx.Context(), w, d, q, first); err != nil {
			s.cfg.Log.Debug("export broke off", "error", err)
		}
	}}, nil
}

const exportPage = 1000 // records read at once

func writeRecords(ctx context.Context, w http.ResponseWriter, d *admin.Desk, q admin.Happening, page admin.Page[admin.CallRecord]) error {
	out, deadline := csv.NewWriter(w), http.NewResponseController(w)
	row := make([]string, len(recordColumns))
	for i, c := range recordColumns {
		row[i] = c.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for {
		_ = deadline.SetWriteDeadline(time.Now().Add(requestTimeout)) // for each page anew; writers without one have none
		for i := range page.Items {
			var streams Streams
			_ = json.Unmarshal(page.Items[i].Streams, &streams) // without figures the cells are empty
			for j, c := range recordColumns {
				row[j] = cell(c.of(&page.Items[i], &streams))
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
		if out.Flush(); out.Error() != nil || page.Next == "" {
			return out.Error()
		}
		var err error
		q.Before = page.Next
		if page, err = d.Records(ctx, q); err != nil {
			return err
		}
	}
}

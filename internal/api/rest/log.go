// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"maps"
	"net/http"
	"time"
)

// logWait is how long a wait for the quota must last to be worth a line.
const logWait = time.Second

func (c *call) logs(level Level) bool {
	logger := c.client.config.Logger
	return logger != nil && logger.Enabled(c.ctx, level)
}

func (c *call) log(level Level, msg string, extra map[string]any) {
	if !c.logs(level) {
		return
	}
	fields := map[string]any{
		"service":   c.client.config.Service,
		"operation": c.request.Operation,
		"method":    c.method(),
		"path":      c.url.Path,
		"attempt":   max(1, c.attempts),
	}
	maps.Copy(fields, extra)
	c.client.config.Logger.Log(c.ctx, level, msg, fields)
}

func (c *call) logAnswer(resp *http.Response) {
	if !c.logs(LevelDebug) {
		return
	}
	c.log(LevelDebug, "answered", map[string]any{
		"status":      resp.StatusCode,
		"request_id":  clean(c.redactText(requestID(resp.Header))),
		"duration_ms": time.Since(c.began).Milliseconds(),
	})
}

func (c *call) logFailure(e *Error) {
	if !c.logs(LevelWarn) {
		return
	}
	fields := map[string]any{"error": (&Error{Status: e.Status, StatusText: e.StatusText, Code: e.Code, Message: e.Message, quoted: e.quoted, Err: e.Err}).Error()}
	if c.repeatable() && c.left() && c.ctx.Err() == nil {
		fields["wait_ms"] = c.wait.Milliseconds()
		c.log(LevelWarn, "failed, will be sent again", fields)
		return
	}
	c.log(LevelDebug, "failed", fields)
}

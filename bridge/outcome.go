package bridge

// Outcome tells how a call ended: CauseNormal without a reason while it runs.
func (c *Call) Outcome() (Cause, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause, c.reason
}

package bridge

type Call struct{}

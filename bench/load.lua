-- What wrk sends, and what it prints when it is done: one line of JSON.
-- wrk -s load.lua URL SESSIONS: SESSIONS > 0 gives each request the cookie of another session, in rotation.
-- (wrk asks for the next request without saying for which connection; with many more sessions than connections, no
-- two requests under way are of one session all the same.)

local requests, at = {}, 0

function init(args)
  local sessions = tonumber(args[1]) or 0
  for i = 1, sessions do
    requests[i] = wrk.format(nil, nil, { ["Cookie"] = string.format("CGISESSID=%032x", i) })
  end
  if sessions == 0 then requests[1] = wrk.format() end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"failed":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout
  ))
end

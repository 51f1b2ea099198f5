-- What wrk sends, and what it prints when it is done: one line of JSON.
-- wrk -s load.lua URL SESSIONS: SESSIONS > 0 gives each request the cookie of another session, in rotation.
-- (wrk asks for the next request without saying for which connection; with many more sessions than connections, no
-- two requests under way are of one session all the same.)
-- wrk -s load.lua URL visitors ID TEXT ID TEXT ...: each thread is one visitor, whose session is ID and whose pages
-- all have TEXT in them. With as many threads as connections, a session has one request under way.

local requests, at = {}, 0
local threads = {}
wrong = 0

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("visitor", #threads)
end

function init(args)
  if args[1] == "visitors" then
    requests[1] = wrk.format(nil, nil, { ["Cookie"] = "CGISESSID=" .. args[2 * visitor] })
    local text = args[2 * visitor + 1]
    function response(status, headers, body)
      if status == 200 and not body:find(text, 1, true) then wrong = wrong + 1 end
    end
    return
  end
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
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  for _, thread in ipairs(threads) do failed = failed + thread:get("wrong") end
  print(string.format(
    '{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"failed":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed
  ))
end

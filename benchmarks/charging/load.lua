-- wrk's requests: arguments are FIRST LAST LINES KEY. LINES 0 is the empty POST, 1 a charge, more a batch.
local first, last, lines, key
local count = 0

function init(arguments)
  first, last, lines, key = tonumber(arguments[1]), tonumber(arguments[2]), tonumber(arguments[3]), arguments[4]
  math.randomseed(tonumber(key))
end

local function charge(named)
  count = count + 1
  local wallet = math.random(first, last)
  return string.format('{"wallet":"%d","amount":"0.01","kind":"sms","reference":"call-7f3a"%s}', wallet,
    named and string.format(',"key":"%s-%d"', key, count) or "")
end

function request()
  if lines == 0 then
    return wrk.format("POST", "/api/v1/empty", wrk.headers, "{}")
  end
  if lines == 1 then
    local body = charge(false)
    wrk.headers["Idempotency-Key"] = key .. "-" .. count
    return wrk.format("POST", "/api/v1/charges", wrk.headers, body)
  end
  local charges = {}
  for number = 1, lines do
    charges[number] = charge(true)
  end
  return wrk.format("POST", "/api/v1/batches", wrk.headers, '{"lines":[' .. table.concat(charges, ",") .. "]}")
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"requests":%d,"refused":%d,"cut":%d,"seconds":%f,"p99_ms":%f}\n', summary.requests,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6,
    latency:percentile(99) / 1e3))
end

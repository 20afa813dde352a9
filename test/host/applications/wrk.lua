-- Compares every body that wrk gets with the file it should be: wrk … -s wrk.lua URL -- FILE
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  expected = file:read("*a")
  file:close()
  right, wrong = 0, 0
end

function response(status, headers, body)
  if status == 200 and body == expected then
    right = right + 1
  else
    wrong = wrong + 1
  end
end

function done(summary)
  local errors = summary.errors
  local sums = { right = 0, wrong = 0 }
  for _, thread in ipairs(threads) do
    sums.right = sums.right + thread:get("right")
    sums.wrong = sums.wrong + thread:get("wrong")
  end
  print(string.format(
    '{"right": %d, "wrong": %d, "connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}',
    sums.right, sums.wrong,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout
  ))
end

#!/bin/bash
# go.sh SCRIPT flow-args...
script=$1; shift
FLOW=${FLOW:-/work/main/.build/release/flow}
name=$(basename $script .json)
python3 /root/wt/roster/scripts/scripted_endpoint.py $script --log /tmp/e/$name.log --requests /tmp/e/$name.requests > /tmp/e/$name.addr &
pid=$!
for i in $(seq 50); do [ -s /tmp/e/$name.addr ] && break; sleep 0.1; done
cd /tmp/play
FLOW_MODEL_URL=$(cat /tmp/e/$name.addr) FLOW_MODEL=scripted $FLOW "$@" --store /tmp/e/store-$name
echo "exit $?"
kill $pid
cat /tmp/e/$name.log

"""workers: task workers that speak gRPC: their tasks are claimed for them, their reports handed in.

A PollTask request is a credit of one task. A TaskQueue claims for those who wait and for nobody else, each
claim under the worker's name (store/consumers.py); `Dispatch` has all that goes on in the background.
"""
